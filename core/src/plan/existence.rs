//! What must exist when a moved resource is created, and stays with the application: the IAM stack stands first.

use super::identity::{keys, named_in_some, of_kind, references, texts, with_values, written};
use crate::expression::{Expr, lower};
use crate::facts::{NamedBy, PRINCIPALS, TRUST, dynamic_references, must_exist, values_at};
use crate::syntax::{Kind, Node};
use crate::template::{Resource, Template, call};
use crate::text::Span;

/// A place of a moved resource that needs an application resource by then.
pub(super) struct Conflict<'d> {
    /// The application resource.
    pub(super) target: &'d str,
    /// Where it is named.
    pub(super) place: Span,
    /// Why it must exist.
    pub(super) reason: String,
}

/// The conflicts of a moved resource: what it names in texts, and what CloudFormation resolves for it. What it references
/// is told by the place of the reference.
pub(super) fn conflicts<'d, 't>(
    template: &Template<'d, 't>,
    resource: &Resource<'d, 't>,
    is_moved: &dyn Fn(&str) -> bool,
) -> Vec<Conflict<'d>> {
    let mut found: Vec<Conflict<'d>> = Vec::new();
    let mut add = |targets: Vec<&'d str>, place: Span, reason: &dyn Fn() -> String| {
        for target in targets.into_iter().filter(|target| !is_moved(target) && *target != resource.name) {
            if !found.iter().any(|known| known.target == target && known.place == place) {
                found.push(Conflict { target, place, reason: reason() });
            }
        }
    };
    let properties = resource.declaration.value.get("Properties").map(Node::resolved);
    for (key, value) in properties.into_iter().flat_map(Node::entries) {
        let Some(property) = key.as_str() else { continue };
        if let Some(row) = must_exist(resource.kind, property) {
            for node in values_at(value, &["*"]) {
                for text in texts(template, node) {
                    let is_name = row.by == NamedBy::Name || written(&text).contains(':');
                    let targets = if is_name { named_in_some(template, &text, row.noun) } else { Vec::new() };
                    add(targets, node.span(), &|| {
                        format!("`{property}` takes only what exists when the resource is created")
                    });
                }
            }
        }
        if property == TRUST {
            let mut places = Vec::new();
            principals(template, value.resolved(), &mut places);
            for (node, text, quoted) in places {
                // Of a policy that is written as one text no place tells what a reference stands for.
                if quoted {
                    let referenced = references(&text);
                    let of_iam = |name: &&'d str| {
                        template.resources.get(*name).is_some_and(Resource::is_iam)
                            && referenced.contains(name)
                    };
                    add(template.resources.keys().copied().filter(of_iam).collect(), node.span(), &|| {
                        "an `AWS` principal must exist when the role is created".to_owned()
                    });
                }
                for noun in PRINCIPALS {
                    add(named_in_some(template, &text, noun), node.span(), &|| {
                        "an `AWS` principal must exist when the role is created".to_owned()
                    });
                }
            }
        }
    }
    // Few templates hold any of these: a look at the text spares the walk.
    if template.document.text().contains("resolve:") {
        let mut texts = Vec::new();
        scalars(resource.declaration.value, &mut texts);
        for (node, text) in texts {
            for reference in dynamic_references(&text) {
                let name = reference.name();
                let names = with_values(template, name);
                let kind = match reference.service {
                    "secretsmanager" => "AWS::SecretsManager::Secret",
                    _ => "AWS::SSM::Parameter",
                };
                let mut targets = of_kind(
                    template,
                    |of| of == kind,
                    |known| {
                        with_values(template, known).iter().any(|known| {
                            names.iter().any(|name| {
                                name == known
                                    || name.ends_with(&format!(":{known}"))
                                    || name.contains(&format!(":secret:{known}-"))
                            })
                        })
                    },
                );
                let referenced = references(name);
                targets.extend(template.resources.keys().copied().filter(|known| referenced.contains(known)));
                add(targets, node.span(), &|| {
                    format!(
                        "CloudFormation resolves `{{{{resolve:{}:…}}}}` when it creates the resource",
                        reference.service
                    )
                });
            }
        }
    }
    found
}

/// The `AWS` principals of a trust policy, each with its text; of one that is a text, every quoted piece.
pub(super) fn principals<'d, 't>(
    template: &Template<'d, 't>,
    node: Node<'d, 't>,
    found: &mut Vec<(Node<'d, 't>, String, bool)>,
) {
    let texts = |node: Node<'d, 't>| texts(template, node).into_iter().map(move |text| (node, text, false));
    match call(node) {
        Some(call) if matches!(call.name, "Sub" | "Join") => {
            for (node, text, _) in texts(node).collect::<Vec<_>>() {
                found.extend(text.split('"').map(|piece| (node, piece.to_owned(), true)));
            }
            return;
        }
        Some(call) if matches!(call.name, "Select" | "FindInMap") => {
            found.extend(texts(node));
            return;
        }
        Some(call) => {
            call.argument.children().for_each(|child| principals(template, child.resolved(), found));
            return;
        }
        None => {}
    }
    match node.kind() {
        Kind::Mapping => {
            for (key, value) in node.entries() {
                let value = value.resolved();
                match key.as_str() {
                    Some("Principal" | "NotPrincipal") => {
                        let of = if value.kind() == Kind::Mapping && call(value).is_none() {
                            value.get("AWS").map_or(Vec::new(), |of| values_at(of, &["*"]))
                        } else {
                            values_at(value, &["*"])
                        };
                        for node in of {
                            found.extend(texts(node));
                        }
                    }
                    _ => principals(template, value, found),
                }
            }
        }
        Kind::Sequence => node.items().for_each(|item| principals(template, item.resolved(), found)),
        _ => {
            if let Some(text) = node.as_str().filter(|text| text.contains('"')) {
                found.extend(text.split('"').map(|piece| (node, piece.to_owned(), true)));
            }
        }
    }
}

/// The texts of a node, each as a whole: what a `Join` or a `Sub` puts together is one.
pub(super) fn scalars<'d, 't>(node: Node<'d, 't>, found: &mut Vec<(Node<'d, 't>, String)>) {
    let node = node.resolved();
    if let Some(call) = call(node) {
        let expr = lower(node);
        // `!Base64 {'Fn::Sub': …}` is what it encodes.
        let is_text = |expr: &Expr| {
            matches!(expr, Expr::Concat(_) | Expr::Text(_))
                || matches!(expr, Expr::Call(name, _) if name == "Join")
        };
        let text = match &expr {
            Expr::Unary(_, inner) => inner.as_ref(),
            one => one,
        };
        if is_text(text) {
            found.extend(keys(text).into_iter().map(|text| (node, text)));
            return;
        }
        call.argument.children().for_each(|child| scalars(child, found));
        return;
    }
    match node.kind() {
        Kind::Scalar => found.extend(node.as_str().map(|text| (node, text.to_owned()))),
        _ => node.children().for_each(|child| scalars(child, found)),
    }
}
