//! The command line that does the same.

use super::work::Work;

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) && !word.starts_with('-') {
        return word.to_owned();
    }
    let word = if word.starts_with('-') { format!("./{word}") } else { word.to_owned() };
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The command that reproduces the work.
pub(crate) fn command(work: &Work) -> String {
    let mut words = vec!["iam-split".to_owned()];
    let monolith = work.monolith.as_ref().map(|file| quoted(&file.name));
    match &work.pair {
        Some((iam, app)) => {
            words.extend(["validate", "--iam"].map(str::to_owned));
            words.extend([quoted(&iam.name), "--app".to_owned(), quoted(&app.name)]);
            words.extend(monolith.into_iter().flat_map(|name| ["--monolith".to_owned(), name]));
        }
        None => {
            words.push("split".to_owned());
            words.extend(monolith);
        }
    }
    if let Some(config) = &work.config {
        words.extend(["--config".to_owned(), quoted(&config.name)]);
    }
    if work.pair.is_none() {
        words.extend(work.allow_missing.then(|| "--allow-missing".to_owned()));
        words.extend(work.all_iam.then(|| "--all-iam".to_owned()));
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::work::TextFile;

    #[test]
    fn names_are_quoted_for_a_shell() {
        let work = Work {
            monolith: Some(TextFile::new("it's $(x).yaml", "")),
            config: Some(TextFile::new("config.yaml", "")),
            all_iam: true,
            ..Work::default()
        };
        assert_eq!(command(&work), r"iam-split split 'it'\''s $(x).yaml' --config config.yaml --all-iam");
        let pair = Work { pair: Some((TextFile::new("-a", ""), TextFile::new("b", ""))), ..Work::default() };
        assert_eq!(command(&pair), "iam-split validate --iam './-a' --app b");
    }
}
