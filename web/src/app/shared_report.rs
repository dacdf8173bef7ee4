//! A report without its templates: whoever has them drops them, and is told whether it speaks of them.

use std::rc::Rc;

use iam_split_core::report::Report;
use iam_split_core::text::digest;
use yew::{Callback, Html, Properties, function_component, html, use_effect_with, use_state};

use super::files::{on_drop, read_all};
use super::report_view::ReportView;
use super::work::TextFile;

#[derive(Properties)]
pub(crate) struct Props {
    pub(crate) report: Rc<Report>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.report, &other.report)
    }
}

#[function_component]
pub(crate) fn SharedReport(props: &Props) -> Html {
    let said = use_state(Vec::<(String, bool)>::new);
    {
        let (said, report) = (said.setter(), Rc::clone(&props.report));
        use_effect_with((), move |()| {
            let say = said.clone();
            let then = Callback::from(move |files: Vec<TextFile>| {
                let told = files.iter().map(|file| {
                    let sha256 = digest(&file.text);
                    match report.digests.iter().find(|each| each.sha256 == sha256) {
                        Some(known) => {
                            (format!("{} is {}, of which this report speaks.", file.name, known.file), true)
                        }
                        None => (
                            format!("This report does not speak of {}: no text has its SHA-256.", file.name),
                            false,
                        ),
                    }
                });
                said.set(told.collect());
            });
            let unread = Callback::from(move |text: String| say.set(vec![(text, false)]));
            let listeners = on_drop(move |list| read_all(list, unread.clone(), then.clone()));
            move || drop(listeners)
        });
    }
    html! {
        <main class="shared">
            <h1 class="hidden">{ "Shared report" }</h1>
            <p class="told" role="status">
                if said.is_empty() { <span class="dim">{ "Drop a template here: the page says whether the report speaks of it." }</span> }
                { for said.iter().map(|(text, good)| html! { <span class={if *good { "good" } else { "warn" }}>{ text }{ " " }</span> }) }
            </p>
            <ReportView report={Rc::clone(&props.report)} />
        </main>
    }
}
