//! Pieces of HCL, put together.

use super::super::hcl::quoted;

/// A piece with its `@names@` filled in, once: what is filled in is not looked at.
pub(super) fn filled(piece: &str, values: &[(&str, &str)]) -> String {
    let (mut text, mut rest) = (String::with_capacity(piece.len()), piece);
    while let Some((before, after)) = rest.split_once('@') {
        text.push_str(before);
        let value = after.split_once('@').and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((value, after))
        });
        match value {
            Some((value, after)) => {
                text.push_str(value);
                rest = after;
            }
            None => {
                text.push('@');
                rest = after;
            }
        }
    }
    text + rest
}

/// Texts as a list, one a line, as the value of an attribute that stands `indent` deep.
pub(super) fn lines<'t>(indent: usize, texts: impl IntoIterator<Item = &'t str>) -> String {
    let deep = " ".repeat(indent);
    let items: Vec<String> = texts.into_iter().map(|text| format!("{deep}  {},\n", quoted(text))).collect();
    if items.is_empty() { "[]".to_owned() } else { format!("[\n{}{deep}]", items.concat()) }
}

/// Names and expressions as an object, one a line.
pub(super) fn object(indent: usize, entries: &[(String, String)]) -> String {
    let deep = " ".repeat(indent);
    let items: Vec<String> =
        entries.iter().map(|(key, value)| format!("{deep}  {key} = {value}\n")).collect();
    if items.is_empty() { "{}".to_owned() } else { format!("{{\n{}{deep}}}", items.concat()) }
}

/// An optional text as an expression.
pub(super) fn optional(text: Option<&str>) -> String {
    text.map_or_else(|| "null".to_owned(), quoted)
}
