//! Every reference of a template, with its kind and its place.

use super::{Function, Piece, Template, call, pieces};
use crate::syntax::{Kind as NodeKind, Node, Style};
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
    /// A mapping; empty where its name is computed, so that it may be any.
    Mapping(&'d str),
    /// A name that is computed when the template is processed, with `${…}` or `&{…}` for what is not
    /// known: `Role${Name}` in a loop.
    Computed(&'d str),
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
        let Some(depends) = value.get("DependsOn") else { return };
        let list = depends.resolved();
        let single = list.kind() == NodeKind::Scalar;
        let nodes = if single { vec![depends] } else { list.items().collect() };
        // The items of a list behind an alias are the anchor's.
        let hidden = !single && depends.kind() == NodeKind::Alias;
        for node in nodes {
            let Some(name) = node.literal() else { continue };
            let target = if is_computed(name) { Target::Computed(name) } else { Target::Name(name) };
            self.push(owner, target, Kind::DependsOn, node, node.outer(), hidden);
        }
    }

    fn declaration_condition(&mut self, owner: Owner<'d>, value: Node<'d, 't>) {
        if let Some(node) = value.get("Condition")
            && let Some(name) = node.literal()
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
        let target = if is_computed(name) { Target::Computed(name) } else { Target::Name(name) };
        self.push(owner, target, kind, call.node, place, hidden || call.aliased);
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
                if let Some(name) = call.text() {
                    if !self.bound.contains(&name) {
                        self.push_call(owner, name, Kind::Ref, call, call.whole(), false);
                    }
                } else {
                    self.computed(owner, call, Kind::Ref, argument);
                    self.children(owner, call);
                }
            }
            Function::GetAtt => match call.get_att() {
                Some((name, attribute)) => {
                    self.push_call(owner, name, Kind::GetAtt(attribute), call, call.whole(), false);
                    if attribute.is_none() {
                        self.children(owner, call);
                    }
                }
                None => {
                    if let Some(name) = argument.items().next() {
                        self.computed(owner, call, Kind::GetAtt(None), name);
                    }
                    self.children(owner, call);
                }
            },
            Function::Sub => self.sub(owner, call),
            Function::If => {
                let mut items = argument.items();
                if let Some(condition) = items.next() {
                    match condition.literal() {
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
                // Elsewhere `Condition: name` is a key like any other (`{Condition: HEALTHY}`).
                let in_condition = matches!(owner, Owner::Condition(_) | Owner::Section("Rules"));
                if (in_condition || call.form == super::Form::Short)
                    && let Some(name) = call.text()
                {
                    self.push(owner, Target::Condition(name), Kind::Condition, node, node.outer(), false);
                }
            }
            Function::FindInMap => {
                if let Some(map) = argument.items().next() {
                    let name = map.literal().unwrap_or_default();
                    let name = if is_computed(name) { "" } else { name };
                    self.push(owner, Target::Mapping(name), Kind::FindInMap, map, map.outer(), false);
                }
                argument.items().for_each(|item| self.node(owner, item));
            }
            Function::ForEach => self.for_each(owner, argument),
            Function::Transform | Function::Other => self.children(owner, call),
        }
    }

    /// A reference whose name is the result of a call.
    fn computed(&mut self, owner: Owner<'d>, call: &super::Call<'d, 't>, kind: Kind<'d>, name: Node<'d, 't>) {
        let inner =
            super::call(name).filter(|inner| inner.node != call.node).or_else(|| super::long_call(name));
        let Some(inner) = inner else { return };
        let text = if inner.function == Function::Sub { inner.argument.as_str() } else { None };
        self.push(owner, Target::Computed(text.unwrap_or("${*}")), kind, call.node, call.whole(), true);
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
        let text = text.map(|text| (text.kind() == NodeKind::Alias, text.resolved()));
        if let Some((aliased, text)) = text.filter(|(_, text)| text.kind() == NodeKind::Scalar) {
            let call = &super::Call { aliased: aliased || call.aliased, ..*call };
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
        let written = scalar.written();
        // The header line of a block may hold a comment.
        let header = if scalar.style() == Style::BlockScalar {
            written.slice(document.text()).find('\n').map_or(written.len(), |newline| newline + 1)
        } else {
            0
        };
        let base = written.start() + header;
        let source = written.slice(document.text()).get(header..).unwrap_or_default();
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
            for (key, value) in body.resolved().entries() {
                if key.as_str().is_some_and(|key| key.starts_with("Fn::ForEach")) {
                    self.for_each(owner, value.resolved());
                    continue;
                }
                if matches!(owner, Owner::Resource(_)) {
                    self.resource(owner, value.resolved());
                }
                self.node(owner, value);
            }
        }
        self.bound.truncate(before);
    }
}

/// Whether a name holds a loop's variable: `${Name}`, or `&{Name}` for its letters and digits alone.
fn is_computed(name: &str) -> bool {
    name.contains("${") || name.contains("&{")
}

/// Whether a computed name may come out as a given one.
#[must_use]
pub fn may_mean(computed: &str, name: &str) -> bool {
    let mut rest = name;
    let mut text = computed.replace("&{", "${");
    // Pieces of text must stand in the name in their order, the first at its start.
    let mut first = true;
    loop {
        let (piece, after) = match text.split_once("${") {
            Some((piece, after)) => {
                (piece.to_owned(), Some(after.split_once('}').map_or("", |(_, after)| after).to_owned()))
            }
            None => (text.clone(), None),
        };
        let found = if first { rest.starts_with(&piece).then_some(0) } else { rest.find(&piece) };
        let Some(at) = found else { return false };
        rest = rest.get(at + piece.len()..).unwrap_or_default();
        first = false;
        match after {
            Some(after) => text = after,
            // The last piece ends the name, unless a variable stands behind it.
            None => return piece.is_empty() || rest.is_empty() || name.ends_with(&piece),
        }
    }
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
                Target::Name(name) | Target::Condition(name) => name.to_owned(),
                Target::Mapping(name) | Target::Computed(name) => name.to_owned(),
            })
            .collect()
    }

    #[test]
    fn computed_names_may_mean_what_fits_their_text() {
        for (computed, name, may) in [
            ("Role${N}", "RoleA", true),
            ("Role&{N}", "Role", true),
            ("${N}Role", "ARole", true),
            ("Role${N}", "ARole", false),
            ("A${N}B${M}C", "AxBC", true),
            ("A${N}B", "AxC", false),
            ("${*}", "Anything", true),
        ] {
            assert_eq!(may_mean(computed, name), may, "{computed} {name}");
        }
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
        assert_eq!(names("!FindInMap [!Ref A, b, c]"), ["", "A"]);
        assert_eq!(names("!GetAtt 'A${N}.Arn'"), ["A${N}"]);
        assert_eq!(names("!GetAtt [!Sub 'A${N}', Arn]"), ["A${N}", "N"]);
        assert_eq!(names("{Ref: !Sub 'A${N}'}"), ["A${N}", "N"]);
        assert_eq!(names("[{Condition: HEALTHY}]"), [""; 0]);
        assert_eq!(names("'${A}'"), [""; 0]);
        assert_eq!(names("!Sub '${!A}'"), [""; 0]);
    }
}
