//! What is looked at.

use std::rc::Rc;

use iam_split_core::diagnostic::Source;
use yew::Reducible;

/// A tab of the middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    Release,
    Roles,
    Permissions,
    Iam,
    App,
    Wiring,
    Picture,
    Monolith,
    Config,
    Report,
}

impl Tab {
    pub(crate) const ALL: [Self; 10] = [
        Self::Release,
        Self::Roles,
        Self::Permissions,
        Self::Iam,
        Self::App,
        Self::Wiring,
        Self::Picture,
        Self::Monolith,
        Self::Config,
        Self::Report,
    ];

    /// For ids in the document.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Roles => "roles",
            Self::Permissions => "permissions",
            Self::Iam => "iam",
            Self::App => "app",
            Self::Wiring => "wiring",
            Self::Picture => "picture",
            Self::Monolith => "monolith",
            Self::Config => "config",
            Self::Report => "report",
        }
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Release => "Release",
            Self::Roles => "Roles",
            Self::Permissions => "Permissions",
            Self::Iam => "IAM template",
            Self::App => "Application template",
            Self::Wiring => "Wiring",
            Self::Picture => "Dependencies",
            Self::Monolith => "Monolith",
            Self::Config => "Configuration",
            Self::Report => "Report",
        }
    }

    /// The tab that shows a text.
    pub(crate) fn of(source: Source) -> Self {
        match source {
            Source::Template => Self::Monolith,
            Source::Config | Source::Rules => Self::Config,
            Source::Iam => Self::Iam,
            Source::App => Self::App,
        }
    }
}

/// A line to go to. The number tells two jumps to the same line apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Jump {
    pub(crate) source: Source,
    pub(crate) line: u32,
    pub(crate) number: u32,
}

/// What is looked at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    /// The tab that was chosen; the first that has something to show where none was.
    pub(crate) tab: Option<Tab>,
    pub(crate) selected: Option<Rc<str>>,
    pub(crate) jump: Option<Jump>,
    /// Whether the application template is shown as the difference to the monolith.
    pub(crate) as_diff: bool,
}

impl Default for View {
    fn default() -> Self {
        Self { tab: None, selected: None, jump: None, as_diff: true }
    }
}

/// What can happen to it.
pub(crate) enum Look {
    At(Tab),
    Select(Rc<str>),
    Line(Source, u32),
    AsDiff(bool),
}

impl Reducible for View {
    type Action = Look;

    fn reduce(self: Rc<Self>, look: Look) -> Rc<Self> {
        let mut next = (*self).clone();
        match look {
            Look::At(tab) => next.tab = Some(tab),
            Look::Select(name) => next.selected = Some(name),
            Look::Line(source, line) => {
                next.tab = Some(Tab::of(source));
                if source == Source::App {
                    next.as_diff = false;
                }
                let number = next.jump.map_or(0, |jump| jump.number.wrapping_add(1));
                next.jump = Some(Jump { source, line, number });
            }
            Look::AsDiff(as_diff) => next.as_diff = as_diff,
        }
        Rc::new(next)
    }
}
