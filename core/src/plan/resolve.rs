//! What a reference to an application resource comes to, written without the resource.

use std::cell::RefCell;

use super::Decided;
use super::known::holds;
use crate::expression::{Expr, from_sub_text, lower};
use crate::facts::{
    Meaning, StoredCase, generated_pattern, is_dynamic, name_or_arn, name_shapers, resource_type, stored_case,
};
use crate::template::{Resource, Template};

/// A value that stands for a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The value.
    pub expr: Expr,
    /// Whether it is a pattern rather than the value itself.
    pub pattern: bool,
}

/// What a pattern asks of the application stack's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameNeed {
    /// The application resource whose generated name the pattern stands for.
    pub resource: String,
    /// The longest stack name with which the pattern is sound.
    pub longest: Option<usize>,
    /// Whether the stack's name must be lower case.
    pub lower_case: bool,
    /// Whether the pattern is bounded by the stack's name at all.
    pub bounded: bool,
}

/// Resolves references, with the names of what moves and of the parameter for the stack's name.
pub struct Resolver<'p, 'd, 't> {
    pub(super) template: &'p Template<'d, 't>,
    moved: &'p dyn Fn(&str) -> bool,
    stack_parameter: &'p str,
    /// What the patterns made since the last call of [`Self::take_needs`] ask.
    needs: RefCell<Vec<NameNeed>>,
    /// A resource that is taken to have an explicit name, to see whether one would help.
    assumed: RefCell<Option<String>>,
    /// Conditions that are decided where the references stand.
    decided: RefCell<Decided>,
}

impl<'p, 'd, 't> Resolver<'p, 'd, 't> {
    /// A resolver for one plan.
    pub fn new(
        template: &'p Template<'d, 't>,
        moved: &'p dyn Fn(&str) -> bool,
        stack_parameter: &'p str,
    ) -> Self {
        Self {
            template,
            moved,
            stack_parameter,
            needs: RefCell::new(Vec::new()),
            assumed: RefCell::new(None),
            decided: RefCell::new(Decided::new()),
        }
    }

    /// What the patterns made since the last call ask of the stack's name.
    pub fn take_needs(&self) -> Vec<NameNeed> {
        self.needs.take()
    }

    /// Says which conditions are decided where the references stand that are asked for from now on.
    pub(crate) fn decide(&self, decided: Decided) {
        self.decided.replace(decided);
    }

    /// What `Ref` (no attribute) or `GetAtt` of an application resource comes to.
    ///
    /// # Errors
    /// Why it cannot be known before the resource exists.
    pub fn reference(&self, name: &str, attribute: Option<&str>) -> Result<Resolved, String> {
        self.nested(name, attribute, &mut Vec::new())
    }

    /// What the reference would come to if the resource, which has none, had an explicit name.
    #[must_use]
    pub fn if_named(&self, name: &str, attribute: Option<&str>) -> Option<Resolved> {
        let resource = self.template.resources.get(name)?;
        let row = resource_type(resource.kind).filter(|row| !row.name_property.is_empty())?;
        if resource.property(row.name_property).is_some() {
            return None;
        }
        let before = self.needs.take();
        self.assumed.replace(Some(name.to_owned()));
        let value = self.reference(name, attribute).ok();
        self.assumed.replace(None);
        self.needs.replace(before);
        value
    }

    /// What the application stack's id comes to: a pattern, since it ends in an id.
    #[must_use]
    pub fn stack_id(&self) -> Resolved {
        let text = format!(
            "arn:${{AWS::Partition}}:cloudformation:${{AWS::Region}}:${{AWS::AccountId}}:stack/${{{}}}/*",
            self.stack_parameter
        );
        Resolved { expr: from_sub_text(&text), pattern: true }
    }

    pub(super) fn nested(
        &self,
        name: &str,
        attribute: Option<&str>,
        open: &mut Vec<String>,
    ) -> Result<Resolved, String> {
        let Some(resource) = self.template.resources.get(name) else {
            return Err(format!("`{name}` is not declared"));
        };
        if open.iter().any(|before| before == name) || open.len() > 16 {
            return Err(format!("the name of `{name}` depends on itself"));
        }
        open.push(name.to_owned());
        let result = self.resource(resource, attribute, open);
        open.pop();
        result
    }

    fn resource(
        &self,
        resource: &Resource<'_, '_>,
        attribute: Option<&str>,
        open: &mut Vec<String>,
    ) -> Result<Resolved, String> {
        let Some(row) = resource_type(resource.kind) else {
            return Err(format!("what a reference to `{}` gives is not known", resource.kind));
        };
        let meaning = match attribute {
            None => row.reference,
            Some(wanted) => {
                let known = row.attributes.iter().find(|(name, _)| *name == wanted);
                known.map_or(Meaning::Opaque, |(_, meaning)| *meaning)
            }
        };
        if resource.kind == "AWS::Events::Rule"
            && let Some(bus) = resource.property(&["EventBusName"])
        {
            return self.rule(resource, attribute, &lower(bus), open);
        }
        if resource.kind == "AWS::IAM::OIDCProvider"
            && attribute.is_none_or(|attribute| attribute == "Arn")
            && let Some(url) = resource.property(&["Url"])
        {
            return self.provider(&lower(url), open);
        }
        let text =
            match meaning {
                Meaning::Name => "${Name}",
                Meaning::Text(text) => text,
                Meaning::ByProperty { property, given, absent } => {
                    if resource.property(&[property]).is_some() { given } else { absent }
                }
                Meaning::Opaque => {
                    let what = attribute.map_or("`Ref`".to_owned(), |attribute| format!("`{attribute}`"));
                    return Err(format!("{what} of `{}` is an id that AWS chooses", resource.kind));
                }
            };
        let mut pattern = false;
        let Expr::Concat(parts) = from_sub_text(text) else {
            return self.part(resource, &from_sub_text(text), open);
        };
        let mut resolved = Vec::with_capacity(parts.len());
        for part in parts {
            let part = self.part(resource, &part, open)?;
            pattern |= part.pattern;
            resolved.push(part.expr);
        }
        Ok(Resolved { expr: Expr::concat(resolved), pattern })
    }

    /// The ARN of an identity provider: its address without the scheme.
    ///
    /// Source: IAM User Guide, "Create an OpenID Connect (OIDC) identity provider in IAM"; IAM API Reference,
    /// `CreateOpenIDConnectProvider`, `Url`: begins with `https://`.
    fn provider(&self, url: &Expr, open: &mut Vec<String>) -> Result<Resolved, String> {
        const SCHEME: &str = "https://";
        let rest = match url {
            Expr::Text(text) => text.strip_prefix(SCHEME).map(Expr::text),
            Expr::Concat(parts) => match parts.as_slice() {
                [Expr::Text(first), rest @ ..] => first.strip_prefix(SCHEME).map(|first| {
                    Expr::concat(std::iter::once(Expr::text(first)).chain(rest.iter().cloned()))
                }),
                _ => None,
            },
            _ => None,
        };
        let Some(rest) = rest else {
            return Err("the ARN of `AWS::IAM::OIDCProvider` is made of its `Url`, which does not begin with `https://` in the text".to_owned());
        };
        let address = self.expr(&rest, open)?;
        let start = from_sub_text("arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/");
        Ok(Resolved { expr: Expr::concat([start, address.expr]), pattern: address.pattern })
    }

    /// A piece of a row's text: the name, a property, a pseudo parameter or text.
    pub(super) fn part(
        &self,
        resource: &Resource<'_, '_>,
        part: &Expr,
        open: &mut Vec<String>,
    ) -> Result<Resolved, String> {
        match part {
            Expr::Ref(name) if name == "Name" => self.name(resource, open),
            Expr::Ref(name) if name == "*" || name == "??????" => {
                Ok(Resolved { expr: Expr::text(name), pattern: true })
            }
            // `${.Property}` reads as an attribute of a resource without a name.
            Expr::GetAtt(name, path) if name.is_empty() => {
                let path: Vec<&str> = path.split('.').collect();
                let Some(value) = resource.property(&path) else {
                    return Err(format!("`{}` has no property `{}`", resource.name, path.join(".")));
                };
                let value = lower(value);
                if let Some(row) = name_or_arn(resource.kind, &path) {
                    return self.bare_name(&value, row, resource, open);
                }
                let mut optional = false;
                value.walk(&mut |part| optional |= is_no_value(part));
                if optional {
                    return Err(format!("`{}` of `{}` may be absent", path.join("."), resource.name));
                }
                self.expr(&value, open)
            }
            other => Ok(Resolved { expr: other.clone(), pattern: false }),
        }
    }

    /// The physical name of an application resource.
    pub(super) fn name(
        &self,
        resource: &Resource<'_, '_>,
        open: &mut Vec<String>,
    ) -> Result<Resolved, String> {
        let Some(row) = resource_type(resource.kind) else {
            return Err(format!("how `{}` is named is not known", resource.kind));
        };
        let shaper = name_shapers(resource.kind).iter().find(|name| resource.property(&[name]).is_some());
        if let Some(shaper) = shaper {
            return Err(format!("`{shaper}` shapes the name of `{}`", resource.name));
        }
        let written = (!row.name_property.is_empty()).then(|| resource.property(row.name_property)).flatten();
        if self.assumed.borrow().as_deref() == Some(resource.name) {
            return Ok(Resolved { expr: Expr::text("name"), pattern: false });
        }
        let resolved = match written.map(lower) {
            None => self.generated(resource),
            Some(expr) if is_no_value(&expr) => self.generated(resource),
            Some(Expr::Plain(text)) if matches!(text.as_str(), "" | "~" | "null") => {
                Err(format!("the name of `{}` is null", resource.name))
            }
            Some(expr) => self.chosen(resource, &expr, open),
        }?;
        let resolved = match stored_case(resource.kind) {
            Some(StoredCase::Lowered) => {
                Resolved { expr: self.lower_cased(resource, resolved.expr)?, pattern: resolved.pattern }
            }
            Some(StoredCase::LowerOnly) => {
                let mut named = false;
                resolved.expr.walk(&mut |part| {
                    named |= matches!(part, Expr::Ref(name) if name == self.stack_parameter);
                });
                if named {
                    self.needs.borrow_mut().push(lower_case(resource));
                }
                resolved
            }
            None => resolved,
        };
        let named = if resolved.expr.fits_sub_text() {
            resolved.expr
        } else {
            Expr::Named(resource.name.to_owned(), Box::new(resolved.expr))
        };
        Ok(Resolved { expr: named, pattern: resolved.pattern })
    }

    /// The name of a type whose service stores names in lower case: texts are lowered here, and the
    /// stack's name must be lower case already. What a parameter holds is not known.
    fn lower_cased(&self, resource: &Resource<'_, '_>, expr: Expr) -> Result<Expr, String> {
        let all = |parts: Vec<Expr>| {
            parts.into_iter().map(|part| self.lower_cased(resource, part)).collect::<Result<Vec<_>, _>>()
        };
        Ok(match expr {
            Expr::Text(text) if !is_dynamic(&text) => Expr::Text(text.to_lowercase()),
            Expr::Concat(parts) => Expr::Concat(all(parts)?),
            Expr::List(parts) => Expr::List(all(parts)?),
            Expr::Named(name, inner) => Expr::Named(name, Box::new(self.lower_cased(resource, *inner)?)),
            // The first argument of `If` is the name of a condition.
            Expr::Call(name, arguments) if name == "If" => {
                let mut arguments = arguments.into_iter();
                let condition: Vec<Expr> = arguments.next().into_iter().collect();
                Expr::Call(name, condition.into_iter().chain(all(arguments.collect())?).collect())
            }
            Expr::Call(name, arguments) if matches!(name.as_str(), "Join" | "Split" | "Select") => {
                Expr::Call(name, all(arguments)?)
            }
            Expr::Ref(name) if name == self.stack_parameter => {
                self.needs.borrow_mut().push(lower_case(resource));
                Expr::Ref(name)
            }
            Expr::Ref(name)
                if matches!(name.as_str(), "AWS::Region" | "AWS::AccountId" | "AWS::Partition") =>
            {
                Expr::Ref(name)
            }
            Expr::Plain(text) => Expr::Plain(text),
            _ => {
                return Err(format!(
                    "the service stores the name of `{}` in lower case, and what it holds is not known",
                    resource.name
                ));
            }
        })
    }

    /// An explicit name; `If [C, name, NoValue]` is one in one branch and generated in the other.
    fn chosen(
        &self,
        resource: &Resource<'_, '_>,
        expr: &Expr,
        open: &mut Vec<String>,
    ) -> Result<Resolved, String> {
        if let Expr::Call(name, arguments) = expr
            && name == "If"
            && let [condition, yes, no] = arguments.as_slice()
        {
            let branch = |value: &Expr, open: &mut Vec<String>| {
                if is_no_value(value) { self.generated(resource) } else { self.chosen(resource, value, open) }
            };
            let decided = match condition {
                Expr::Text(name) => holds(self.template, name, &self.decided.borrow()),
                _ => None,
            };
            match decided {
                Some(true) => return branch(yes, open),
                Some(false) => return branch(no, open),
                None => {}
            }
            let (yes, no) = (branch(yes, open)?, branch(no, open)?);
            let pattern = yes.pattern || no.pattern;
            return Ok(Resolved {
                expr: Expr::call("If", vec![condition.clone(), yes.expr, no.expr]),
                pattern,
            });
        }
        let path = resource_type(resource.kind).map_or(&[][..], |row| row.name_property);
        match name_or_arn(resource.kind, path) {
            Some(row) => self.bare_name(expr, row, resource, open),
            None => self.expr(expr, open),
        }
    }

    fn generated(&self, resource: &Resource<'_, '_>) -> Result<Resolved, String> {
        let rule = resource_type(resource.kind).map(|row| row.generated);
        let stack = Expr::reference(self.stack_parameter);
        let found = rule.and_then(|rule| generated_pattern(rule, resource.name, &stack));
        let Some(found) = found else {
            return Err(format!(
                "`{}` has no explicit name, and no pattern of its generated one is sound",
                resource.name
            ));
        };
        // A FIFO queue's or topic's name ends in `.fifo`, which counts.
        // Source: SQS Developer Guide, "Queue and message identifiers"; SNS, `CreateTopic`, `Name`.
        let is_fifo = ["FifoQueue", "FifoTopic"].iter().any(|key| {
            let value = resource.property(&[key]).map(lower);
            value.is_some_and(|value| {
                !matches!(&value, Expr::Text(text) | Expr::Plain(text) if text.eq_ignore_ascii_case("false"))
            })
        });
        let ending = if is_fifo { ".fifo".len() } else { 0 };
        self.needs.borrow_mut().push(NameNeed {
            resource: resource.name.to_owned(),
            longest: found.longest_stack_name.map(|longest| longest.saturating_sub(ending)),
            lower_case: found.lower_case,
            bounded: found.bounded,
        });
        Ok(Resolved { expr: found.pattern, pattern: true })
    }

    /// An expression of the application side, with all that the IAM template cannot know resolved.
    ///
    /// # Errors
    /// Why it cannot be known.
    pub fn expr(&self, expr: &Expr, open: &mut Vec<String>) -> Result<Resolved, String> {
        let exact = |expr: Expr| Resolved { expr, pattern: false };
        match expr {
            Expr::Ref(name) => match name.as_str() {
                "AWS::StackName" => Ok(exact(Expr::reference(self.stack_parameter))),
                "AWS::StackId" => Ok(self.stack_id()),
                "AWS::NotificationARNs" => {
                    Err("`AWS::NotificationARNs` differs between the stacks".to_owned())
                }
                name if self.template.resources.contains_key(name) && !(self.moved)(name) => {
                    self.nested(name, None, open)
                }
                _ => Ok(exact(expr.clone())),
            },
            Expr::GetAtt(name, attribute) if !(self.moved)(name) => self.nested(name, Some(attribute), open),
            Expr::Text(_) | Expr::Plain(_) | Expr::GetAtt(..) => Ok(exact(expr.clone())),
            Expr::Concat(parts) => {
                let (parts, pattern) = self.all(parts, open)?;
                Ok(Resolved { expr: Expr::concat(parts), pattern })
            }
            Expr::List(parts) => {
                let (parts, pattern) = self.all(parts, open)?;
                Ok(Resolved { expr: Expr::List(parts), pattern })
            }
            Expr::Call(name, arguments) => {
                let (arguments, pattern) = self.all(arguments, open)?;
                survives(name, pattern)?;
                Ok(Resolved { expr: Expr::Call(name.clone(), arguments), pattern })
            }
            Expr::Unary(name, inner) => {
                let inner = self.expr(inner, open)?;
                survives(name, inner.pattern)?;
                Ok(Resolved { expr: Expr::Unary(name.clone(), Box::new(inner.expr)), pattern: inner.pattern })
            }
            Expr::Named(name, inner) => {
                let inner = self.expr(inner, open)?;
                Ok(Resolved { expr: Expr::Named(name.clone(), Box::new(inner.expr)), pattern: inner.pattern })
            }
            // The argument of `Fn::GetStackOutput`.
            Expr::Map(entries) => {
                let mut pattern = false;
                let mut resolved = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    let value = self.expr(value, open)?;
                    pattern |= value.pattern;
                    resolved.push((key.clone(), value.expr));
                }
                Ok(Resolved { expr: Expr::Map(resolved), pattern })
            }
            Expr::Source(_) => Err("a name is computed in a way that is not understood".to_owned()),
        }
    }

    fn all(&self, parts: &[Expr], open: &mut Vec<String>) -> Result<(Vec<Expr>, bool), String> {
        let mut pattern = false;
        let mut resolved = Vec::with_capacity(parts.len());
        for part in parts {
            let part = self.expr(part, open)?;
            pattern |= part.pattern;
            resolved.push(part.expr);
        }
        Ok((resolved, pattern))
    }
}

/// Functions of which a name may be computed and carried over. A value that another stack exports, or
/// that a service keeps, is the same for both stacks.
const CARRIED: [&str; 7] = ["Join", "Split", "Select", "If", "FindInMap", "ImportValue", "GetStackOutput"];

/// Whether a function can be carried over, and gives a pattern of its result from a pattern.
fn survives(function: &str, pattern: bool) -> Result<(), String> {
    if !CARRIED.contains(&function) {
        return Err(format!("its name is computed by `Fn::{function}`"));
    }
    if !pattern || matches!(function, "Join" | "Split" | "If") {
        return Ok(());
    }
    Err(format!("its name is computed by `Fn::{function}` from a generated name"))
}

/// What a name that is stored in lower case asks of the stack's.
fn lower_case(resource: &Resource<'_, '_>) -> NameNeed {
    NameNeed { resource: resource.name.to_owned(), longest: None, lower_case: true, bounded: true }
}

fn is_no_value(expr: &Expr) -> bool {
    matches!(expr, Expr::Ref(name) if name == "AWS::NoValue")
}
