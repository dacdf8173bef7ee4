//! Whether a template that CloudFormation gives back is the one that was read.

/// Whether two texts are one template. CloudFormation gives a text back with its line ends made alike, without blanks
/// at its ends, and with `?` for what is not ASCII.
///
/// Source: aws-cdk, `mangleLikeCloudFormation`; XML 1.0, 2.11 "End-of-Line Handling".
#[must_use]
pub fn is_same(read: &str, live: &str) -> bool {
    let alike = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
    let (read, live) = (alike(read), alike(live));
    // A character, a UTF-16 unit or a byte may be what is replaced.
    let mangled = |width: fn(char) -> usize| -> String {
        let one = |c: char| if c.is_ascii() { c.to_string() } else { "?".repeat(width(c)) };
        read.chars().map(one).collect()
    };
    read == live || [|_| 1, char::len_utf16, char::len_utf8].into_iter().any(|width| mangled(width) == live)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cloudformation_does_to_a_text_is_no_difference_and_all_else_is() {
        let read = "A: 'ä 🦀'\r\nB: ????\r\n";
        for live in
            [read, "A: 'ä 🦀'\nB: ????", "A: '? ?'\nB: ????", "A: '? ??'\nB: ????\n", "A: '?? ????'\nB: ????"]
        {
            assert!(is_same(read, live), "{live}");
        }
        for live in ["A: 'ä 🦀'\nB: ?", "A: 'ö 🦀'\nB: ????", "", "A: 'ä 🦀'\nB: ????\nC: 1"] {
            assert!(!is_same(read, live), "{live}");
        }
    }
}
