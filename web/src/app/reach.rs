//! Whether a widened scope reaches an ARN that somebody has in mind.

use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, InputEvent};
use yew::{Callback, Html, Properties, function_component, html, use_state};

use super::context::use_page;

/// A scope: the resource that has it, and its value as the template writes it.
pub(crate) type Scope = (String, String);

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) scopes: Vec<Scope>,
}

#[function_component]
pub(crate) fn Reach(props: &Props) -> Html {
    let page = use_page();
    let arn = use_state(String::new);
    let patterns: Vec<(&str, &str)> = props
        .scopes
        .iter()
        .filter_map(|(resource, value)| Some((resource.as_str(), pattern(value)?)))
        .collect();
    if patterns.is_empty() {
        return Html::default();
    }
    let oninput = {
        let arn = arn.setter();
        Callback::from(move |event: InputEvent| {
            let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            if let Some(field) = field {
                arn.set(field.value().trim().to_owned());
            }
        })
    };
    let reached: Vec<_> = patterns.iter().filter(|(_, pattern)| matches(pattern, &arn)).collect();
    html! {
        <div class="ask">
            <label>{ "Does a wider scope reach this ARN? " }<input type="search" size="40" placeholder="arn:aws:s3:::bucket/key" {oninput} /></label>
            <div role="status">
                if !arn.is_empty() {
                    <p>{ format!("{} of {} wider scopes reach it, where what stands in ", reached.len(), patterns.len()) }<code>{ "${…}" }</code>{ " has its values." }</p>
                    <ul class="plain">{ for reached.into_iter().map(|(resource, pattern)| html! {
                        <li>{ page.resource(resource) }{ " " }<code>{ *pattern }</code></li>
                    }) }</ul>
                }
            </div>
        </div>
    }
}

/// The ARN in a value as a template writes it.
fn pattern(value: &str) -> Option<&str> {
    let text = value.get(value.find("arn:")?..)?;
    let end = text.find(['\'', '"', ',', ']', '}', ' ', '\n']);
    // A brace that ends a substitution ends no text.
    let mut end = end.unwrap_or(text.len());
    while text.get(end..)?.starts_with('}')
        && text.get(..end)?.matches("${").count() > text.get(..end)?.matches('}').count()
    {
        let rest = text.get(end + 1..)?;
        end = rest.find(['\'', '"', ',', ']', '}', ' ', '\n']).map_or(text.len(), |at| end + 1 + at);
    }
    text.get(..end)
}

/// A piece of a pattern.
enum Piece {
    Is(char),
    One,
    Any,
    /// What `${…}` comes to.
    Value,
}

/// Whether a pattern of IAM matches a text: `*` and `?` as IAM reads them, `${…}` as some value without `:` and `/`.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let value = rest.strip_prefix("${").and_then(|rest| rest.split_once('}'));
        rest = value.map_or_else(|| rest.get(first.len_utf8()..).unwrap_or_default(), |(_, rest)| rest);
        pieces.push(match first {
            _ if value.is_some() => Piece::Value,
            '*' => Piece::Any,
            '?' => Piece::One,
            one => Piece::Is(one),
        });
    }
    // Which pieces may come next; all ways are followed at once, so that no pattern takes long.
    let mut next = vec![false; pieces.len() + 1];
    let put = |next: &mut [bool], mut at: usize| loop {
        if let Some(place) = next.get_mut(at) {
            *place = true;
        }
        // What matches nothing as well can be left out.
        if !matches!(pieces.get(at), Some(Piece::Any)) {
            break;
        }
        at += 1;
    };
    put(&mut next, 0);
    for one in text.chars() {
        let now = std::mem::replace(&mut next, vec![false; pieces.len() + 1]);
        for (at, piece) in pieces.iter().enumerate().filter(|(at, _)| now.get(*at) == Some(&true)) {
            match piece {
                Piece::Is(other) if *other == one => put(&mut next, at + 1),
                Piece::One => put(&mut next, at + 1),
                Piece::Any => put(&mut next, at),
                Piece::Value if one != ':' && one != '/' => {
                    put(&mut next, at);
                    put(&mut next, at + 1);
                }
                Piece::Is(_) | Piece::Value => {}
            }
        }
    }
    next.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_found_and_matched() {
        let value =
            "!Sub 'arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${AppStackName}-Queue-*'";
        let found = pattern(value).unwrap_or_default();
        assert_eq!(
            found,
            "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${AppStackName}-Queue-*"
        );
        assert!(matches(found, "arn:aws:sqs:eu-west-1:111122223333:prod-Queue-X1"));
        assert!(!matches(found, "arn:aws:sqs:eu-west-1:111122223333:prod-Topic-X1"));
        assert!(!matches(found, "arn:aws:sqs:eu-west-1::-Queue-X1"));
        assert!(matches("arn:aws:s3:::b-*/x?", "arn:aws:s3:::b-1/a/xy"));
        assert_eq!(pattern("{\"Fn::Sub\":\"arn:aws:s3:::${S}-b\"}"), Some("arn:aws:s3:::${S}-b"));
        assert!(!matches("a?c", "ac"));
        assert!(matches("**", ""));
        assert!(!matches(&"*a".repeat(60), &"a".repeat(59)));
        assert_eq!(pattern("!Ref Queue"), None);
    }
}
