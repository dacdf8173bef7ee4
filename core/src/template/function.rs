//! Intrinsic functions: the short form (`!Ref x`) and the long form (`Ref: x`) as one.

use crate::syntax::{Kind, Node, Style};
use crate::text::Span;

/// An intrinsic function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `Ref`
    Ref,
    /// `Fn::GetAtt`
    GetAtt,
    /// `Fn::Sub`
    Sub,
    /// `Fn::If`
    If,
    /// `Fn::FindInMap`
    FindInMap,
    /// `Condition` inside a condition
    Condition,
    /// `Fn::Transform`, `Fn::Include`
    Transform,
    /// `Fn::ForEach::Name`
    ForEach,
    /// Any other `Fn::…`
    Other,
}

/// How a call is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// With a tag.
    Short,
    /// As a mapping of one entry.
    Long,
}

/// A call of an intrinsic function.
#[derive(Clone, Copy, Debug)]
pub struct Call<'d, 't> {
    /// Which function.
    pub function: Function,
    /// Its name without `!` or `Fn::`.
    pub name: &'d str,
    /// The whole call: the tagged node, or the mapping.
    pub node: Node<'d, 't>,
    /// The argument: the tagged node itself, or the mapping's value.
    pub argument: Node<'d, 't>,
    /// How it is written.
    pub form: Form,
    /// Whether the argument of the long form is an alias: an edit of it would be one of the anchor.
    pub aliased: bool,
}

impl<'d, 't> Call<'d, 't> {
    /// The items of an argument that is a list.
    #[must_use]
    pub fn arguments(&self) -> Vec<Node<'d, 't>> {
        self.argument.items().map(Node::resolved).collect()
    }

    /// The argument as a text. In the long form a tag before it would be another call's.
    #[must_use]
    pub fn text(&self) -> Option<&'d str> {
        if self.form == Form::Long { self.argument.literal() } else { self.argument.as_str() }
    }

    /// Whether it is no function but a directive of Rain, a packaging tool (`!Rain::Embed file`).
    #[must_use]
    pub fn is_directive(&self) -> bool {
        self.name.starts_with("Rain::")
    }

    /// Where the function's name is written: the tag or the key.
    #[must_use]
    pub fn name_span(&self) -> Span {
        match self.form {
            Form::Short => self.node.tag_span(),
            Form::Long => self.node.only_entry().map_or(self.node.span(), |(key, _)| key.span()),
        }
    }

    /// The bytes of the call. A tag before the mapping of a long form is another call's.
    #[must_use]
    pub fn whole(&self) -> Span {
        if self.form == Form::Long && !self.node.tag().is_empty() {
            self.node.span()
        } else {
            self.node.outer()
        }
    }

    /// Whether the text is the long form by indentation (`Fn::Sub:` on a line of its own).
    #[must_use]
    pub fn is_block(&self) -> bool {
        self.form == Form::Long && self.node.style() == Style::Block
    }

    /// The logical id and the attribute of a `GetAtt`; the attribute is `None` where it is computed.
    #[must_use]
    pub fn get_att(&self) -> Option<(&'d str, Option<&'d str>)> {
        if self.function != Function::GetAtt {
            return None;
        }
        if let Some(text) = self.text() {
            let (name, attribute) = text.split_once('.')?;
            return (!name.is_empty() && !attribute.is_empty()).then_some((name, Some(attribute)));
        }
        let mut items = self.argument.items();
        let name = items.next()?.literal().filter(|name| !name.is_empty())?;
        let attribute = items.next()?.literal();
        if attribute.is_some_and(str::is_empty) {
            return None;
        }
        items.next().is_none().then_some((name, attribute))
    }
}

/// The call that a node is, if it is one.
#[must_use]
pub fn call<'d, 't>(node: Node<'d, 't>) -> Option<Call<'d, 't>> {
    let tag = node.tag();
    if let Some(name) = tag.strip_prefix('!').filter(|name| !name.is_empty() && !name.starts_with('!')) {
        return Some(Call {
            function: function(name),
            name,
            node,
            argument: node,
            form: Form::Short,
            aliased: false,
        });
    }
    long_call(node)
}

/// The call that a mapping writes in the long form, whatever its own tag: `!ImportValue {Fn::Sub: x}`
/// holds one behind the short form of another.
#[must_use]
pub fn long_call<'d, 't>(node: Node<'d, 't>) -> Option<Call<'d, 't>> {
    if node.kind() != Kind::Mapping {
        return None;
    }
    let (key, argument) = node.only_entry()?;
    let key = key.as_str()?;
    let name = match key {
        "Ref" => key,
        // `Condition` is a key of statements and resources too; as a call it holds a name alone.
        "Condition" if argument.kind() == Kind::Scalar => key,
        _ if key.starts_with("Rain::") => key,
        _ => key.strip_prefix("Fn::")?,
    };
    let aliased = argument.kind() == Kind::Alias;
    Some(Call {
        function: function(name),
        name,
        node,
        argument: argument.resolved(),
        form: Form::Long,
        aliased,
    })
}

fn function(name: &str) -> Function {
    match name {
        "Ref" => Function::Ref,
        "GetAtt" => Function::GetAtt,
        "Sub" => Function::Sub,
        "If" => Function::If,
        "FindInMap" => Function::FindInMap,
        "Condition" => Function::Condition,
        "Transform" | "Include" => Function::Transform,
        _ if name.starts_with("ForEach") => Function::ForEach,
        _ => Function::Other,
    }
}
