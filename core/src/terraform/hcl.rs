//! HCL: values quoted, and files laid out as `terraform fmt` lays them out.

use hcl_edit::expr::{Expression, Object, ObjectKey};
use hcl_edit::parser::Error;
use hcl_edit::structure::{Body, Structure};
use hcl_edit::visit::{Visit, visit_body, visit_object};
use hcl_edit::{Decorate, Ident, Span as _};

/// A text as a quoted value: nothing in it is a template.
///
/// A marker right after another `$` or `%` cannot be doubled without doubt, so it is written as its code point,
/// which no reader takes for a marker. Source: HCL native syntax specification, "Quoted and heredoc templates".
#[must_use]
pub fn quoted(text: &str) -> String {
    let (mut result, mut part, mut before) = ("\"".to_owned(), String::new(), ' ');
    let plain = |part: &str| {
        let quoted = Expression::from(part).to_string();
        quoted.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or_default().to_owned()
    };
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if matches!(c, '$' | '%') && matches!(before, '$' | '%') && chars.peek() == Some(&'{') {
            result.push_str(&plain(&part));
            part.clear();
            result.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            part.push(c);
        }
        before = c;
    }
    result + &plain(&part) + "\""
}

/// Texts as a list on one line.
#[must_use]
pub fn list<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let texts: Vec<String> = texts.into_iter().map(quoted).collect();
    format!("[{}]", texts.join(", "))
}

/// The key of an object: as it is where HCL reads it so.
#[must_use]
pub fn key(text: &str) -> String {
    if is_identifier(text) { text.to_owned() } else { quoted(text) }
}

/// Whether a text can stand as a name without quotes, also as the first key of an object.
///
/// Source: HCL native syntax specification, "Identifiers"; `for`, `null`, `true` and `false` mean
/// something else there.
#[must_use]
pub fn is_identifier(text: &str) -> bool {
    Ident::try_new(text).is_ok() && !matches!(text, "for" | "null" | "true" | "false")
}

/// A file laid out as `terraform fmt` does: the signs of equality in lines of one run stand below each other.
/// Nothing else of the text changes.
///
/// # Errors
/// Where the text is no HCL.
pub fn formatted(text: &str) -> Result<String, Error> {
    let body: Body = text.parse()?;
    let mut aligned = Aligned { edits: Vec::new() };
    aligned.visit_body(&body);
    aligned.edits.sort_unstable_by(|a, b| b.cmp(a));
    let mut result = text.to_owned();
    for (end, padding) in aligned.edits {
        let blanks = text.get(end..).map_or(0, |rest| rest.len() - rest.trim_start_matches(' ').len());
        result.replace_range(end..end + blanks, &" ".repeat(padding));
    }
    Ok(result)
}

/// Source: `hclwrite`'s `format.go`: lines that follow each other, each with a whole value on it, are one run.
struct Aligned {
    /// Where a key ends, and the blanks that come after it.
    edits: Vec<(usize, usize)>,
}

impl Aligned {
    fn pad(&mut self, lines: &[Line]) {
        for run in lines.chunk_by(|a, b| a.single && b.single && !b.apart) {
            let width = run.iter().map(|line| line.width).max().unwrap_or(0);
            self.edits.extend(run.iter().filter_map(|line| Some((line.end?, width - line.width + 1))));
        }
    }
}

impl Visit for Aligned {
    fn visit_body(&mut self, body: &Body) {
        let lines: Vec<Line> = body
            .iter()
            .map(|structure| match structure {
                Structure::Attribute(attribute) => Line {
                    width: attribute.key.as_str().chars().count(),
                    single: !attribute.value.to_string().contains('\n'),
                    apart: attribute.decor().prefix().is_some_and(|prefix| prefix.contains('\n')),
                    end: attribute.key.span().map(|span| span.end),
                },
                Structure::Block(_) => Line { width: 0, single: false, apart: true, end: None },
            })
            .collect();
        self.pad(&lines);
        visit_body(self, body);
    }

    fn visit_object(&mut self, object: &Object) {
        if Expression::from(object.clone()).to_string().contains('\n') {
            let lines: Vec<Line> = object
                .iter()
                .map(|(key, value)| Line {
                    width: written(key).chars().count(),
                    single: !value.expr().to_string().trim_end().contains('\n'),
                    apart: prefix(key).contains('\n'),
                    end: match key {
                        ObjectKey::Ident(ident) => ident.span(),
                        ObjectKey::Expression(expr) => expr.span(),
                    }
                    .map(|span| span.end),
                })
                .collect();
            self.pad(&lines);
        }
        visit_object(self, object);
    }
}

fn prefix(key: &ObjectKey) -> &str {
    let decor = match key {
        ObjectKey::Ident(ident) => ident.decor(),
        ObjectKey::Expression(expr) => expr.decor(),
    };
    decor.prefix().map_or("", |prefix| prefix)
}

fn written(key: &ObjectKey) -> String {
    match key {
        ObjectKey::Ident(ident) => ident.as_str().to_owned(),
        ObjectKey::Expression(expr) => expr.to_string().trim().to_owned(),
    }
}

/// What alignment has to know of a line.
struct Line {
    /// Characters of its key.
    width: usize,
    /// Whether its value ends on it.
    single: bool,
    /// Whether a blank line or a comment stands before it.
    apart: bool,
    /// Where its key ends in the text.
    end: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_lines_are_aligned() {
        let text = "\
a = 1
long = 2

bb = {
  x = 1
  \"y z\" = {
    k = 1
  }
  cc = { k = 1, ll = 2 }
  d = 2
}
c = 3
# why
dd = 4
block \"x\" {
  a = 1
  bbb = f(\"=\")
}
";
        let wanted = "\
a    = 1
long = 2

bb = {
  x = 1
  \"y z\" = {
    k = 1
  }
  cc = { k = 1, ll = 2 }
  d  = 2
}
c = 3
# why
dd = 4
block \"x\" {
  a   = 1
  bbb = f(\"=\")
}
";
        assert_eq!(formatted(text).unwrap(), wanted);
        assert_eq!(formatted(wanted).unwrap(), wanted);
    }

    #[test]
    fn values_are_quoted_and_names_are_not() {
        assert_eq!(quoted("a ${b} %{c} \"d\"\n\\"), r#""a $${b} %%{c} \"d\"\n\\""#);
        assert_eq!(quoted("$${a}%%{b}$"), r#""$\u0024{a}%\u0025{b}$""#);
        assert_eq!(list(["a", "b"]), r#"["a", "b"]"#);
        assert_eq!(
            (key("Role1").as_str(), key("1Role").as_str(), key("for").as_str()),
            ("Role1", "\"1Role\"", "\"for\"")
        );
    }
}
