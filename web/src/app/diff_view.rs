//! The application template as the difference to its monolith, drawn.

use std::rc::Rc;

use iam_split_core::diagnostic::Source;
use iam_split_core::edit::Reason;
use yew::{Callback, Html, classes, function_component, html, use_memo, use_state};

use super::code::{AnyRows, Code, Rows, painted};
use super::context::{Context, number, use_page};
use super::diff::{Row, hunks, rows};
use super::lines::Lines;

struct Diff {
    rows: Vec<Row>,
    /// The monolith with what the configuration gives, where it gives anything.
    base: Rc<Option<Lines>>,
    page: Context,
    open: Callback<usize>,
}

/// Why lines changed, in words.
fn words(reason: Reason) -> &'static str {
    match reason {
        Reason::BelongsToOther => "moved to the IAM template",
        Reason::ReferenceToParameter => "the parameter in the place of the resource",
        Reason::NameFromArn => "the name, taken out of the ARN",
        Reason::DependsOn => "no order within this stack any more",
        Reason::Bridge => "the name in the place of the reference",
        Reason::Attached => "statements that stay with the application",
        Reason::WaitsFor => "waits for the attached policy",
        Reason::WaitsStill => "waits still for what it waited for through what moved",
        Reason::ReferenceToOutput => "the IAM stack's output in the place of the resource",
        Reason::Given => "given by the configuration",
        Reason::Guard => "held to the account",
        Reason::Alias => "the text of the alias",
        Reason::StackName => "the application stack's name",
        Reason::Added => "added",
        Reason::Description => "the description",
        Reason::Layout => "blank lines",
    }
}

impl Rows for Diff {
    fn count(&self) -> usize {
        self.rows.len()
    }

    fn row(&self, row: usize) -> Html {
        let outcome = &self.page.outcome;
        let numbered =
            |source: Source, line: Option<usize>| match line.and_then(|line| u32::try_from(line + 1).ok()) {
                Some(line) => number(source, line),
                None => html! { <span class="line"></span> },
            };
        let line = |class: &'static str,
                    sign: &'static str,
                    old: Option<usize>,
                    new: Option<usize>,
                    why: &[Reason]| {
            let text = match (old, new) {
                (_, Some(new)) => outcome.app.line(new),
                (Some(old), None) => self.base.as_ref().as_ref().unwrap_or(&outcome.monolith).line(old),
                (None, None) => "",
            };
            let why: Vec<&str> = why.iter().map(|reason| words(*reason)).collect();
            html! {
                <div key={row} class={classes!("row", class)}>
                    // Lines of what the monolith is with all that it is given are no lines of its own.
                    { numbered(Source::Template, old.filter(|_| self.base.is_none())) }{ numbered(Source::App, new) }
                    <span class="sign">{ sign }</span>{ painted(text) }
                    if !why.is_empty() { <span class="why">{ why.join(", ") }</span> }
                </div>
            }
        };
        match self.rows.get(row) {
            Some(Row::Same(old, new)) => line("same", " ", Some(*old), Some(*new), &[]),
            Some(Row::Gone(old, why)) => line("gone", "−", Some(*old), None, why),
            Some(Row::Come(new, why)) => line("come", "+", None, Some(*new), why),
            Some(Row::Fold(number, count, gone)) => {
                let (open, number) = (self.open.clone(), *number);
                let onclick = Callback::from(move |_: web_sys::MouseEvent| open.emit(number));
                let what = if *gone { "more lines that went" } else { "lines that are the same" };
                html! {
                    <div key={row} class={classes!("row", "fold", gone.then_some("gone"))}>
                        <button type="button" {onclick}>{ format!("show {count} {what}") }</button>
                    </div>
                }
            }
            None => Html::default(),
        }
    }
}

#[function_component]
pub(crate) fn DiffView() -> Html {
    let page = use_page();
    let opened = use_state(|| (Rc::downgrade(&page.outcome), Vec::<usize>::new()));
    // Folds that were opened belong to the result that they were opened in.
    let current = opened.0.ptr_eq(&Rc::downgrade(&page.outcome));
    let open: Vec<usize> = if current { opened.1.clone() } else { Vec::new() };
    // The edits are those of the monolith with what the configuration gives, where it gives anything.
    let base = use_memo(page.outcome.clone(), |outcome| {
        let source = outcome.split.as_ref().and_then(|split| split.source.as_ref());
        source.map(|text| Lines::new(text.as_str().into()))
    });
    let found = use_memo(page.outcome.clone(), |outcome| {
        let monolith = base.as_ref().as_ref().unwrap_or(&outcome.monolith);
        let split = outcome.split.as_ref();
        split.map_or_else(Vec::new, |split| hunks(monolith, &outcome.app, &split.documents.app))
    });
    let on_open = {
        let (opened, open, outcome) = (opened.clone(), open.clone(), Rc::downgrade(&page.outcome));
        Callback::from(move |number: usize| {
            let mut open = open.clone();
            open.push(number);
            opened.set((outcome.clone(), open));
        })
    };
    let rows = use_memo((page.outcome.clone(), open), |(outcome, open)| {
        AnyRows(Rc::new(Diff {
            rows: rows(&found, base.as_ref().as_ref().unwrap_or(&outcome.monolith).count(), open),
            base: base.clone(),
            page: page.clone(),
            open: on_open,
        }))
    });
    html! { <Code rows={(*rows).clone()} label="Difference of the application template to the monolith" /> }
}
