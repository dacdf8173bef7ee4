//! Every reference of a template, with its kind and its place.

use super::{Function, Piece, Template, call, pieces};
use crate::syntax::{Kind as NodeKind, Node};
use crate::text::Span;

/// The declaration in which a reference stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner<'d> {
    /// A resource.
    Resource(&'d str),
    /// A condition.
    Condition(&'d str),
    /// An output.
    Output(&'d str),
    /// A parameter (defaults cannot hold references, but the text is walked all the same).
    Parameter(&'d str),
    /// A mapping.
    Mapping(&'d str),
    /// Any other section.
    Section(&'d str),
}

/// What a reference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target<'d> {
    /// A parameter, resource or pseudo parameter.
    Name(&'d str),
    /// A condition.
    Condition(&'d str),
    /// A mapping.
    Mapping(&'d str),
}

/// How a reference is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'d> {
    /// `Ref`
    Ref,
    /// `Fn::GetAtt`; `None` where the attribute is computed.
    GetAtt(Option<&'d str>),
    /// `${Name}` in a `Sub` text.
    SubRef,
    /// `${Name.Attribute}` in a `Sub` text.
    SubGetAtt(&'d str),
    /// `DependsOn`
    DependsOn,
    /// `Condition:` of a resource or output, `Fn::If`, `!Condition`.
    Condition,
    /// `Fn::FindInMap`
    FindInMap,
}

/// A reference.
#[derive(Clone, Copy, Debug)]
pub struct Reference<'d, 't> {
    /// Where it stands.
    pub owner: Owner<'d>,
    /// What it names.
    pub target: Target<'d>,
    /// How.
    pub kind: Kind<'d>,
    /// The node of the call; of `DependsOn` and `Condition:` the scalar.
    pub node: Node<'d, 't>,
    /// The call that makes the reference, for `Ref`, `GetAtt` and `Sub`.
    pub call: Option<super::Call<'d, 't>>,
    /// The bytes to mark: the whole call, or `${…}` in a text.
    pub place: Span,
    /// Whether the place in the text is not certain: an escape hides it, so it cannot be edited.
    pub hidden: bool,
    /// The alias through which the owner comes to the node, if it does not hold the node itself.
    pub via: Option<Node<'d, 't>>,
}

/// Collects the references of all sections in the order of the text.
#[must_use]
pub fn references<'d, 't>(template: &Template<'d, 't>) -> Vec<Reference<'d, 't>> {
    let mut walk = Walk {
        list: Vec::with_capacity(template.resources.len() * 8),
        bound: Vec::new(),
        via: None,
        nested: false,
    };
    for (key, value) in template.root.entries() {
        let Some(section) = key.as_str() else {
            continue;
        };
        if matches!(section, "Description" | "AWSTemplateFormatVersion" | "Transform") {
            continue;
        }
        for (key, value) in value.resolved().entries() {
            let Some(name) = key.as_str() else { continue };
            let owner = match section {
                "Resources" => Owner::Resource(name),
                "Conditions" => Owner::Condition(name),
                "Outputs" => Owner::Output(name),
                "Parameters" => Owner::Parameter(name),
                "Mappings" => Owner::Mapping(name),
                section => Owner::Section(section),
            };
            if name.starts_with("Fn::ForEach") {
                walk.for_each(owner, value.resolved());
                continue;
            }
            walk.through(value, |walk, value| {
                match owner {
                    Owner::Resource(_) => walk.resource(owner, value),
                    Owner::Output(_) => walk.declaration_condition(owner, value),
                    _ => {}
                }
                walk.node(owner, value);
            });
        }
    }
    walk.list
}

struct Walk<'d, 't> {
    list: Vec<Reference<'d, 't>>,
    /// Loop variables of `Fn::ForEach` around the node.
    bound: Vec<&'d str>,
    /// The alias that the walk came through, and whether it came through more than one.
    via: Option<Node<'d, 't>>,
    nested: bool,
}

impl<'d, 't> Walk<'d, 't> {
    /// Visits a node, or what it is an alias of.
    fn through(&mut self, node: Node<'d, 't>, visit: impl FnOnce(&mut Self, Node<'d, 't>)) {
        let Some(target) = node.alias_target() else {
            return visit(self, node);
        };
        let before = (self.via, self.nested);
        (self.via, self.nested) = (Some(node), self.via.is_some());
        visit(self, target);
        (self.via, self.nested) = before;
    }

    fn resource(&mut self, owner: Owner<'d>, value: Node<'d, 't>) {
        self.declaration_condition(owner, value);
        let Some(depends) = value.get("DependsOn").map(Node::resolved) else {
            return;
        };
        let scalars =
            if depends.kind() == NodeKind::Scalar { vec![depends] } else { depends.items().collect() };
        for node in scalars {
            if let Some(name) = node.as_str() {
                self.push(owner, Target::Name(name), Kind::DependsOn, node, node.outer(), false);
            }
        }
    }

    fn declaration_condition(&mut self, owner: Owner<'d>, value: Node<'d, 't>) {
        if let Some(node) = value.get("Condition")
            && let Some(name) = node.as_str()
        {
            self.push(owner, Target::Condition(name), Kind::Condition, node, node.outer(), false);
        }
    }

    fn push(
        &mut self,
        owner: Owner<'d>,
        target: Target<'d>,
        kind: Kind<'d>,
        node: Node<'d, 't>,
        place: Span,
        hidden: bool,
    ) {
        self.list.push(Reference {
            owner,
            target,
            kind,
            node,
            call: None,
            place,
            // Through two aliases the place is not told by one of them.
            hidden: hidden || self.nested,
            via: self.via,
        });
    }

    /// As [`Self::push`], with the call that makes the reference.
    fn push_call(
        &mut self,
        owner: Owner<'d>,
        name: &'d str,
        kind: Kind<'d>,
        call: &super::Call<'d, 't>,
        place: Span,
        hidden: bool,
    ) {
        self.push(owner, Target::Name(name), kind, call.node, place, hidden);
        if let Some(last) = self.list.last_mut() {
            last.call = Some(*call);
        }
    }

    fn node(&mut self, owner: Owner<'d>, node: Node<'d, 't>) {
        self.through(node, |walk, node| walk.value(owner, node));
    }

    fn value(&mut self, owner: Owner<'d>, node: Node<'d, 't>) {
        if let Some(call) = call(node) {
            self.call(owner, &call);
            return;
        }
        match node.kind() {
            NodeKind::Sequence => node.items().for_each(|item| self.node(owner, item)),
            NodeKind::Mapping => {
                for (key, value) in node.entries() {
                    if key.as_str().is_some_and(|key| key.starts_with("Fn::ForEach")) {
                        self.for_each(owner, value.resolved());
                    } else {
                        self.node(owner, value);
                    }
                }
            }
            _ => {}
        }
    }

    fn call(&mut self, owner: Owner<'d>, call: &super::Call<'d, 't>) {
        let (node, argument) = (call.node, call.argument);
        match call.function {
            Function::Ref => {
                if let Some(name) = argument.as_str() {
                    if !self.bound.contains(&name) {
                        self.push_call(owner, name, Kind::Ref, call, call.whole(), false);
                    }
                } else {
                    self.children(owner, call);
                }
            }
            Function::GetAtt => match call.get_att() {
                Some((name, attribute)) => {
                    let computed = name.contains("${") || attribute.is_some_and(|a| a.contains("${"));
                    if !computed {
                        self.push_call(owner, name, Kind::GetAtt(attribute), call, call.whole(), false);
                    }
                    if attribute.is_none() {
                        self.children(owner, call);
                    }
                }
                None => self.children(owner, call),
            },
            Function::Sub => self.sub(owner, call),
            Function::If => {
                let mut items = argument.items();
                if let Some(condition) = items.next() {
                    match condition.as_str() {
                        Some(name) => {
                            self.push(
                                owner,
                                Target::Condition(name),
                                Kind::Condition,
                                condition,
                                condition.outer(),
                                false,
                            );
                        }
                        None => self.node(owner, condition),
                    }
                }
                items.for_each(|item| self.node(owner, item));
            }
            Function::Condition => {
                if let Some(name) = argument.as_str() {
                    self.push(owner, Target::Condition(name), Kind::Condition, node, node.outer(), false);
                }
            }
            Function::FindInMap => {
                if let Some(map) = argument.items().next()
                    && call_is_plain(map)
                    && let Some(name) = map.as_str()
                {
                    self.push(owner, Target::Mapping(name), Kind::FindInMap, map, map.outer(), false);
                }
                argument.items().for_each(|item| self.node(owner, item));
            }
            Function::ForEach => self.for_each(owner, argument),
            Function::Transform | Function::Other => self.children(owner, call),
        }
    }

    /// What a call's argument holds. In the short form the argument's tag is the call itself; in the long
    /// form it is the argument's own.
    fn children(&mut self, owner: Owner<'d>, call: &super::Call<'d, 't>) {
        if call.form == super::Form::Long {
            self.node(owner, call.argument);
            return;
        }
        if let Some(inner) = super::long_call(call.argument) {
            self.call(owner, &inner);
            return;
        }
        call.argument.items().for_each(|item| self.node(owner, item));
        call.argument.entries().for_each(|(_, value)| self.node(owner, value));
    }

    fn sub(&mut self, owner: Owner<'d>, call: &super::Call<'d, 't>) {
        let (text, variables) = match call.argument.kind() {
            NodeKind::Scalar => (Some(call.argument), None),
            _ => {
                let mut items = call.argument.items();
                (items.next(), items.next().map(Node::resolved))
            }
        };
        if let Some(text) = text.filter(|text| text.kind() == NodeKind::Scalar) {
            self.sub_text(owner, call, text, variables);
        }
        if let Some(variables) = variables {
            variables.entries().for_each(|(_, value)| self.node(owner, value));
        }
    }

    fn sub_text(
        &mut self,
        owner: Owner<'d>,
        call: &super::Call<'d, 't>,
        scalar: Node<'d, 't>,
        variables: Option<Node<'d, 't>>,
    ) {
        let document = scalar.document();
        let base = scalar.written().start();
        let source = scalar.written().slice(document.text());
        let decoded = scalar.as_str().unwrap_or_default();
        if !decoded.contains("${") {
            return;
        }
        let names = |text: &'d str| -> Vec<(&'d str, std::ops::Range<usize>)> {
            let variable = |piece| match piece {
                Piece::Variable(name, range) => Some((name, range)),
                _ => None,
            };
            pieces(text).filter_map(variable).collect()
        };
        let decoded_names = names(decoded);
        let written = names(source);
        // The places are those of the source text; an escape that hides a `${` makes them uncertain.
        let hidden = written.len() != decoded_names.len()
            || written.iter().zip(&decoded_names).any(|(a, b)| a.0 != b.0);
        for (at, (name, _)) in decoded_names.iter().enumerate() {
            let place = match written.get(at).filter(|_| !hidden) {
                Some((_, range)) => Span::new(base + range.start, base + range.end),
                None => scalar.outer(),
            };
            let defined = variables.is_some_and(|map| map.get(name).is_some());
            if defined || self.bound.contains(name) || name.is_empty() {
                continue;
            }
            let (target, kind) = match name.split_once('.') {
                Some((target, attribute)) => (target, Kind::SubGetAtt(attribute)),
                None => (*name, Kind::SubRef),
            };
            if self.bound.contains(&target) {
                continue;
            }
            self.push_call(owner, target, kind, call, place, hidden);
        }
    }

    /// `[variable, collection, {key: body}]`: the variable is bound in the body.
    fn for_each(&mut self, owner: Owner<'d>, argument: Node<'d, 't>) {
        let mut items = argument.items();
        let variable = items.next().and_then(Node::as_str);
        if let Some(collection) = items.next() {
            self.node(owner, collection);
        }
        let before = self.bound.len();
        self.bound.extend(variable);
        for body in items {
            for (_, value) in body.resolved().entries() {
                if matches!(owner, Owner::Resource(_)) {
                    self.resource(owner, value.resolved());
                }
                self.node(owner, value);
            }
        }
        self.bound.truncate(before);
    }
}

fn call_is_plain(node: Node<'_, '_>) -> bool {
    node.tag().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;

    /// The names that a value in a resource refers to.
    fn names(value: &str) -> Vec<String> {
        let text = format!("Resources:\n  R:\n    Type: T\n    Properties:\n      P: {value}\n");
        let parsed = parse(&text);
        assert!(parsed.complete, "{value}: {:?}", parsed.diagnostics);
        let (template, _) = crate::template::read(&parsed.document);
        let template = template.unwrap();
        references(&template)
            .iter()
            .map(|reference| match reference.target {
                Target::Name(name) | Target::Condition(name) | Target::Mapping(name) => name.to_owned(),
            })
            .collect()
    }

    #[test]
    fn references_are_found_in_every_form() {
        for value in [
            "!Ref A",
            "{Ref: A}",
            "!GetAtt A.b",
            "{'Fn::GetAtt': [A, b]}",
            "!Sub '${A}'",
            "{'Fn::Sub': ['${X}', {X: !Ref A}]}",
            "{'Fn::ImportValue': !Sub '${A}-x'}",
            "!ImportValue {'Fn::Sub': '${A}-x'}",
            "{'Fn::Base64': !Ref A}",
            "{'Fn::Join': ['', [!Ref A]]}",
            "!Join ['', [{Ref: A}]]",
            "!Select [0, !GetAZs {Ref: A}]",
            "{'Fn::GetAZs': {Ref: A}}",
            "{'Fn::Cidr': [!GetAtt A.b, 6, 8]}",
            "{'Fn::ToJsonString': {k: [!Ref A]}}",
            "!Unknown [{k: !Ref A}]",
            "[{k: {'Fn::Length': !Ref A}}]",
        ] {
            assert_eq!(names(value), ["A"], "{value}");
        }
        assert_eq!(names("!If [C, !Ref A, {Ref: B}]"), ["C", "A", "B"]);
        assert_eq!(names("!FindInMap [M, !Ref A, b]"), ["M", "A"]);
        assert_eq!(names("'${A}'"), [""; 0]);
        assert_eq!(names("!Sub '${!A}'"), [""; 0]);
    }
}
