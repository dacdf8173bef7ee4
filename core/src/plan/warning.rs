//! Configured patterns that the template's own ARNs do not match.

use crate::config::ConfigFile;
use crate::diagnostic::{Code, Diagnostic};
use crate::facts::iam_type;
use crate::template::Template;

/// Partitions beside `aws`. Source: AWS General Reference, "Amazon Resource Names", and IAM's list.
const OTHER_PARTITIONS: [&str; 2] = ["aws-us-gov", "aws-cn"];

/// Configured patterns that refuse ARNs of a partition in which the template can run.
pub fn partitions(template: &Template<'_, '_>, config: &ConfigFile<'_>) -> Vec<Diagnostic> {
    let patterns = &config.config.parameter_generation;
    let configured = [
        ("role_pattern", "AWS::IAM::Role", &patterns.role_pattern),
        ("policy_pattern", "AWS::IAM::ManagedPolicy", &patterns.policy_pattern),
    ];
    if configured.iter().all(|(_, _, pattern)| pattern.is_none()) {
        return Vec::new();
    }
    let text = template.document.text();
    let named: Vec<&str> =
        OTHER_PARTITIONS.into_iter().filter(|partition| text.contains(partition)).collect();
    let general = text.contains("AWS::Partition");
    let supported = if named.is_empty() && general { OTHER_PARTITIONS.to_vec() } else { named };
    let mut found = Vec::new();
    for (key, kind, pattern) in configured {
        let Some(pattern) = pattern else { continue };
        let Some((row, regex)) = iam_type(kind).zip(crate::facts::whole_pattern(pattern)) else {
            continue;
        };
        let refused: Vec<String> = std::iter::once(&"aws")
            .chain(&supported)
            .filter(|partition| !regex.is_match(&row.sample_arn(partition)))
            .map(|partition| format!("`{partition}`"))
            .collect();
        let tried = std::iter::once(&"aws").chain(&OTHER_PARTITIONS);
        let none = tried.clone().all(|partition| !regex.is_match(&row.sample_arn(partition)))
            && tried.clone().all(|partition| !regex.is_match(&row.plain_arn(partition)));
        if none {
            found.push(
                Diagnostic::new(
                    Code::CFG006,
                    format!("no ARN matches `{key}`: CloudFormation compares the whole of the value"),
                )
                .in_config(config.value_place(&["parameter_generation", key]), "this pattern")
                .help(format!("a pattern that admits every such ARN: `{}`", row.arn_pattern())),
            );
        } else if !refused.is_empty() {
            found.push(
                Diagnostic::new(
                    Code::CFG008,
                    format!(
                        "`{key}` refuses ARNs of the partition {}, in which this template can run",
                        refused.join(" and ")
                    ),
                )
                .in_config(config.value_place(&["parameter_generation", key]), "this pattern")
                .help(format!("a pattern for every partition: `{}`", row.arn_pattern())),
            );
        }
    }
    found
}
