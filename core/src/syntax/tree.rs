//! The tree: an arena of small nodes, and a cursor to walk it.

use crate::text::Span;

/// The index of a node in its [`Document`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(super) u32);

/// "No such node" in the arena's links.
pub(super) const NONE: u32 = u32::MAX;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, a number, a boolean or null: the text as written decides.
    Scalar,
    /// A list.
    Sequence,
    /// Keys and values, in their order.
    Mapping,
    /// A YAML alias (`*name`).
    Alias,
}

/// How a node was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A scalar without quotes.
    Plain,
    /// A scalar in single quotes.
    Single,
    /// A scalar in double quotes.
    Double,
    /// A block scalar (`|` or `>`).
    BlockScalar,
    /// A collection by indentation.
    Block,
    /// A collection in brackets or braces.
    Flow,
}

#[derive(Clone, Debug)]
pub(super) struct Raw {
    /// Where the node begins with its tag and anchor.
    pub(super) outer_start: u32,
    pub(super) span: Span,
    /// The tag token, empty if there is none.
    pub(super) tag: Span,
    pub(super) kind: Kind,
    pub(super) style: Style,
    /// Index of the decoded text where it differs from the source, else [`NONE`];
    /// of an alias, the node it stands for.
    pub(super) value: u32,
    pub(super) anchored: bool,
    pub(super) parent: u32,
    pub(super) first_child: u32,
    pub(super) next: u32,
}

/// A parsed text: the source, and the nodes that were found in it.
#[derive(Clone, Debug)]
pub struct Document<'t> {
    pub(super) text: &'t str,
    pub(super) nodes: Vec<Raw>,
    pub(super) decoded: Vec<String>,
    pub(super) json: bool,
    pub(super) aliased: bool,
}

impl<'t> Document<'t> {
    /// The source text.
    #[must_use]
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// The top node, if the text has any.
    #[must_use]
    pub fn root(&self) -> Option<Node<'_, 't>> {
        self.node(NodeId(0))
    }

    /// The node of an id that this document gave out.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<Node<'_, 't>> {
        self.nodes.get(id.0 as usize).map(|raw| Node { document: self, raw, id })
    }

    /// Whether the text is JSON (and edits must leave it so).
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether any alias stands in it.
    #[must_use]
    pub fn has_aliases(&self) -> bool {
        self.aliased
    }

    /// All nodes in the order of the text, keys included.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_, 't>> {
        self.nodes.iter().enumerate().map(|(index, raw)| Node {
            document: self,
            raw,
            id: NodeId(u32::try_from(index).unwrap_or(NONE)),
        })
    }
}

/// A place in the tree; cheap to copy.
#[derive(Clone, Copy)]
pub struct Node<'d, 't> {
    document: &'d Document<'t>,
    raw: &'d Raw,
    id: NodeId,
}

impl std::fmt::Debug for Node<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.outer().slice(self.document.text))
    }
}

impl PartialEq for Node<'_, '_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && std::ptr::eq(self.document, other.document)
    }
}

impl Eq for Node<'_, '_> {}

impl<'d, 't> Node<'d, 't> {
    /// Its id.
    #[must_use]
    pub fn id(self) -> NodeId {
        self.id
    }

    /// The document that it belongs to.
    #[must_use]
    pub fn document(self) -> &'d Document<'t> {
        self.document
    }

    /// What it is.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.raw.kind
    }

    /// How it was written.
    #[must_use]
    pub fn style(self) -> Style {
        self.raw.style
    }

    /// The bytes of its content: quotes and brackets included, tag and anchor not.
    #[must_use]
    pub fn span(self) -> Span {
        self.raw.span
    }

    /// The bytes of its content with its tag and anchor.
    #[must_use]
    pub fn outer(self) -> Span {
        Span { start: self.raw.outer_start, end: self.raw.span.end }
    }

    /// The tag as written (`!Sub`), empty if there is none.
    #[must_use]
    pub fn tag(self) -> &'d str {
        let written = self.raw.tag.slice(self.document.text);
        // `!<!Ref>` is the same tag, written out in full.
        written.strip_prefix("!<").and_then(|tag| tag.strip_suffix('>')).unwrap_or(written)
    }

    /// The bytes of the tag.
    #[must_use]
    pub fn tag_span(self) -> Span {
        self.raw.tag
    }

    /// Whether it defines an anchor.
    #[must_use]
    pub fn is_anchored(self) -> bool {
        self.raw.anchored
    }

    /// The node that an alias stands for.
    #[must_use]
    pub fn alias_target(self) -> Option<Self> {
        (self.raw.kind == Kind::Alias).then(|| self.document.node(NodeId(self.raw.value))).flatten()
    }

    /// The node itself, or the one that it is an alias of.
    #[must_use]
    pub fn resolved(self) -> Self {
        self.alias_target().unwrap_or(self)
    }

    /// The text of a scalar, decoded; `None` for anything else.
    #[must_use]
    pub fn as_str(self) -> Option<&'d str> {
        if self.raw.kind != Kind::Scalar {
            return None;
        }
        if let Some(text) = self.document.decoded.get(self.raw.value as usize) {
            return Some(text);
        }
        Some(self.written().slice(self.document.text))
    }

    /// The text of a scalar that no function computes: one without a tag of its own, an alias followed.
    #[must_use]
    pub fn literal(self) -> Option<&'d str> {
        let node = self.resolved();
        let tag = node.tag();
        if tag.is_empty() || tag.starts_with("!!") { node.as_str() } else { None }
    }

    /// The bytes between a scalar's quotes (its span where it has none).
    #[must_use]
    pub fn written(self) -> Span {
        match self.raw.style {
            Style::Single | Style::Double => Span {
                start: self.raw.span.start + 1,
                end: self.raw.span.end.saturating_sub(1).max(self.raw.span.start + 1),
            },
            _ => self.raw.span,
        }
    }

    /// Whether it is an empty plain scalar, `~` or `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.raw.style == Style::Plain && matches!(self.as_str(), Some("" | "~" | "null" | "Null" | "NULL"))
    }

    /// The node that it is in.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        self.document.node(NodeId(self.raw.parent))
    }

    /// What it holds: items, or keys and values by turns.
    pub fn children(self) -> impl Iterator<Item = Self> + 'd {
        let mut next = self.raw.first_child;
        let document = self.document;
        std::iter::from_fn(move || {
            let node = document.node(NodeId(next))?;
            next = node.raw.next;
            Some(node)
        })
    }

    /// The items of a sequence; empty for anything else.
    pub fn items(self) -> impl Iterator<Item = Self> + 'd {
        let is_sequence = self.raw.kind == Kind::Sequence;
        self.children().filter(move |_| is_sequence)
    }

    /// The keys and values of a mapping; empty for anything else.
    pub fn entries(self) -> impl Iterator<Item = (Self, Self)> + 'd {
        let mut next = if self.raw.kind == Kind::Mapping { self.raw.first_child } else { NONE };
        let document = self.document;
        std::iter::from_fn(move || {
            let key = document.node(NodeId(next))?;
            let value = document.node(NodeId(key.raw.next))?;
            next = value.raw.next;
            Some((key, value))
        })
    }

    /// The value of a key of a mapping.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Self> {
        self.entry(name).map(|(_, value)| value)
    }

    /// Key and value of a mapping's entry.
    #[must_use]
    pub fn entry(self, name: &str) -> Option<(Self, Self)> {
        self.entries().find(|(key, _)| key.as_str() == Some(name))
    }

    /// The single entry of a mapping of one.
    #[must_use]
    pub fn only_entry(self) -> Option<(Self, Self)> {
        let mut entries = self.entries();
        let only = entries.next()?;
        entries.next().is_none().then_some(only)
    }

    /// The key under which a mapping holds this node as a value.
    #[must_use]
    pub fn key(self) -> Option<Self> {
        let parent = self.parent()?;
        if parent.kind() != Kind::Mapping {
            return None;
        }
        parent.entries().find(|(_, value)| value.id == self.id).map(|(key, _)| key)
    }
}
