//! What texts come to in some stack: with the values that parameters are known to have.

use crate::expression::{Expr, lower};
use crate::syntax::Node;
use crate::template::Template;

/// More texts than this are not made of one.
const MOST: usize = 64;

/// A text with each value that its parameters are known to have in their places, and as it is. A parameter stands between
/// `open` and `close`.
#[must_use]
pub fn possible(template: &Template<'_, '_>, text: &str, [open, close]: [&str; 2]) -> Vec<String> {
    let mut found = vec![text.to_owned()];
    for name in template.parameters.keys() {
        let place = format!("{open}{name}{close}");
        if !text.contains(&place) {
            continue;
        }
        let values = values(template, name);
        let with = |text: &String| values.iter().map(|value| text.replace(&place, value)).collect::<Vec<_>>();
        found.extend(found.iter().flat_map(with).collect::<Vec<_>>());
        found.truncate(MOST);
    }
    found
}

/// The values of a parameter that the template tells: its default, those that it may have, and those that conditions ask for.
fn values(template: &Template<'_, '_>, name: &str) -> Vec<String> {
    let mut values = Vec::new();
    let Some(parameter) = template.parameters.get(name) else { return values };
    let mut add = |value: &str| {
        if !values.iter().any(|known| known == value) {
            values.push(value.to_owned());
        }
    };
    // What the parameter store has under a name is not told.
    let kind = parameter.value.get("Type").and_then(Node::literal);
    if kind.is_some_and(|kind| kind.starts_with("AWS::SSM::")) {
        return values;
    }
    if let Some(default) = parameter.value.get("Default").and_then(|value| value.resolved().as_str()) {
        add(default);
    }
    for value in parameter.value.get("AllowedValues").into_iter().flat_map(|list| list.resolved().items()) {
        if let Some(value) = value.resolved().as_str() {
            add(value);
        }
    }
    for condition in template.conditions.values() {
        lower(condition.value).walk(&mut |part| {
            if let Expr::Call(call, sides) = part
                && call == "Equals"
                && let [Expr::Ref(of), Expr::Text(value) | Expr::Plain(value)]
                | [Expr::Text(value) | Expr::Plain(value), Expr::Ref(of)] = sides.as_slice()
                && of == name
            {
                add(value);
            }
        });
    }
    values
}
