//! Outputs that are taken by a computed name: which they are shows only when Terraform runs.

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, FuncCall, Traversal, TraversalOperator};
use hcl_edit::visit::{Visit, visit_func_call, visit_traversal};

use super::keys::path;
use super::read::Folders;
use super::{Finding, Place};
use crate::diagnostic::{Code, Diagnostic};

/// The type of a stack, as a resource and as a data source.
const STACK: &str = "aws_cloudformation_stack";

/// Names each place at which an output is taken by a name that is not in the text.
pub(super) fn judge(files: &Folders, found: &mut Vec<Finding>) {
    for declared in files.folders().values() {
        for (file, body) in &declared.bodies {
            Looking { file: *file, found }.visit_body(body);
        }
    }
}

struct Looking<'l> {
    file: usize,
    found: &'l mut Vec<Finding>,
}

impl Looking<'_> {
    /// What is behind a map of outputs, if it is one, is taken by a name that is not known.
    fn taken(&mut self, map: &[&str], span: Option<std::ops::Range<usize>>) {
        let rest = match map {
            ["data", rest @ ..] => rest,
            rest => rest,
        };
        let ([STACK, label, "outputs"], Some(span)) = (rest, span) else { return };
        let message = format!(
            "an output of `{label}` is taken by a computed name: whether it is there is not looked at"
        );
        let place = Place { file: self.file, start: span.start, end: span.end };
        self.found.push(Finding::new(
            Some(&place),
            "which output is not in the text",
            Diagnostic::new(Code::TFM011, message)
                .help("write the outputs' names out, or look at each of them in the plan"),
        ));
    }
}

impl Visit for Looking<'_> {
    fn visit_traversal(&mut self, node: &Traversal) {
        // Behind the map a name that is written out is a part of the path; a computed one is not.
        let computed = node.operators.iter().any(
            |operator| matches!(operator.value(), TraversalOperator::Index(expr) if expr.as_str().is_none() && !matches!(expr, Expression::Number(_))),
        );
        if computed {
            self.taken(&path(node), node.span());
        }
        visit_traversal(self, node);
    }

    fn visit_func_call(&mut self, node: &FuncCall) {
        let arguments: Vec<&Expression> = node.args.iter().collect();
        if node.name.name.as_str() == "lookup"
            && let [Expression::Traversal(map), name, ..] = arguments.as_slice()
            && name.as_str().is_none()
        {
            self.taken(&path(map), node.span());
        }
        visit_func_call(self, node);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Pair, Text, check};
    use crate::deployment::contents::Contents;
    use crate::diagnostic::{Code, Source};

    const IAM: &str = "Resources: {R: {Type: AWS::IAM::Role}}\nOutputs: {RArn: {Value: !GetAtt R.Arn}}\n";
    const APP: &str = "Parameters: {R: {Type: String}}\nResources: {T: {Type: AWS::SNS::Topic}}\n";

    #[test]
    fn what_is_taken_by_a_computed_name_is_named() {
        let (iam, app) =
            (Contents::read(IAM, Source::Iam).0.unwrap(), Contents::read(APP, Source::App).0.unwrap());
        let with = |value: &str| {
            let text = format!(
                "resource \"aws_cloudformation_stack\" \"iam\" {{\n  name = \"q-iam\"\n}}\nresource \"aws_cloudformation_stack\" \"app\" {{\n  name       = \"q\"\n  parameters = {{ R = {value} }}\n}}\n"
            );
            let files = [Text { path: "main.tf".to_owned(), text }];
            let found = check(&files, Pair { iam: &iam, app: &app });
            found
                .into_iter()
                .map(|finding| finding.diagnostic)
                .filter(|found| found.code == Code::TFM011 && found.message.contains("computed name"))
                .count()
        };
        for value in [
            "aws_cloudformation_stack.iam.outputs[\"${var.k}Arn\"]",
            "aws_cloudformation_stack.iam.outputs[var.k]",
            "aws_cloudformation_stack.iam[0].outputs[local.k]",
            "lookup(aws_cloudformation_stack.iam.outputs, var.k, \"\")",
        ] {
            assert_eq!(with(value), 1, "{value}");
        }
        for value in [
            "aws_cloudformation_stack.iam.outputs[\"RArn\"]",
            "aws_cloudformation_stack.iam.outputs.RArn",
            "aws_cloudformation_stack.iam[0].outputs[\"RArn\"]",
            "var.other[var.k]",
        ] {
            assert_eq!(with(value), 0, "{value}");
        }
    }
}
