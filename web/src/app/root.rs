//! The page as a whole.

use std::rc::Rc;

use gloo::events::{EventListener, EventListenerOptions};
use gloo::timers::callback::Timeout;
use iam_split_core::diagnostic::Source;
use js_sys::Array;
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, Element, HtmlElement, KeyboardEvent};
use yew::platform::spawn_local;
use yew::{
    Callback, ContextProvider, Html, Properties, function_component, html, use_effect_with, use_memo,
    use_mut_ref, use_reducer, use_state,
};

use super::config_tab::ConfigTab;
use super::context::{Context, of_place, use_page};
use super::details::Details;
use super::document::Document;
use super::files::{Intake, on_drop};
use super::findings::Findings;
use super::header::Header;
use super::host;
use super::outcome::Outcome;
use super::pair::Pair;
use super::permissions::Permissions;
use super::picture::Picture;
use super::release::Release;
use super::report_view::ReportView;
use super::resources::Resources;
use super::review::report;
use super::roles::Roles;
use super::session::{Change, Session, save};
use super::share::{Shared, read};
use super::shared_report::SharedReport;
use super::tabs::Tabs;
use super::view::{Look, Tab, View};
use super::welcome::Welcome;
use super::wiring::Wiring;
use super::work::{Review, TextFile, Work};

/// Whether keys and pasted text belong to a field: a box or a choice has no text to undo.
fn in_field(event: &web_sys::Event) -> bool {
    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    element.is_some_and(|element| match element.tag_name().as_str() {
        "TEXTAREA" => true,
        "INPUT" => element.get_attribute("type").as_deref() != Some("checkbox"),
        _ => false,
    })
}

/// What the whole window listens to: drops, pastes, undo, addresses.
fn listen(intake: &Intake, look: &yew::UseReducerDispatcher<View>) -> Vec<EventListener> {
    let window = gloo::utils::window();
    let active = EventListenerOptions::enable_prevent_default();
    let files = intake.clone();
    let [over, drop] = on_drop(move |list| files.files(list));
    let pasted = intake.clone();
    let paste = EventListener::new(&window, "paste", move |event| {
        let data = event
            .dyn_ref::<ClipboardEvent>()
            .filter(|_| !in_field(event))
            .and_then(ClipboardEvent::clipboard_data);
        let text = data.and_then(|data| data.get_data("text/plain").ok()).unwrap_or_default();
        if !text.trim().is_empty() {
            pasted.text(&text);
        }
    });
    let session = intake.session.clone();
    let keys = EventListener::new_with_options(&window, "keydown", active, move |event| {
        let Some(key) = event.dyn_ref::<KeyboardEvent>().filter(|_| !in_field(event)) else { return };
        if !(key.ctrl_key() || key.meta_key()) {
            let field =
                (key.key() == "/").then(|| gloo::utils::document().query_selector("main [type=search]"));
            let field =
                field.and_then(Result::ok).flatten().and_then(|field| field.dyn_into::<HtmlElement>().ok());
            if let Some(field) = field {
                key.prevent_default();
                // What cannot take the focus leaves it where it is.
                let _ = field.focus();
            }
            return;
        }
        match (key.key().to_lowercase().as_str(), key.shift_key()) {
            ("z", false) => session.dispatch(Change::Undo),
            ("z", true) | ("y", _) => session.dispatch(Change::Redo),
            _ => return,
        }
        event.prevent_default();
    });
    let look = look.clone();
    let hash = EventListener::new(&window, "hashchange", move |_| go_to_address(&look));
    vec![over, drop, paste, keys, hash]
}

fn go_to_address(look: &yew::UseReducerDispatcher<View>) {
    let hash = gloo::utils::window().location().hash().unwrap_or_default();
    if let Some((source, line)) = of_place(&hash) {
        look.dispatch(Look::Line(source, line));
    }
}

/// The tabs that have something to show.
fn tabs(outcome: &Outcome) -> Vec<Tab> {
    let shows = |tab: &Tab| match tab {
        Tab::Release => outcome.release.is_some(),
        Tab::Permissions | Tab::App | Tab::Wiring => outcome.has_pair(),
        Tab::Iam => !outcome.iam.text.is_empty(),
        // What is judged is the work as it is.
        Tab::Report => outcome.has_result(),
        Tab::Roles => !outcome.iam.text.is_empty() || !outcome.monolith.text.is_empty(),
        Tab::Picture => outcome.has_pair() || !outcome.survey.references.is_empty(),
        Tab::Monolith => !outcome.monolith.text.is_empty(),
        Tab::Config => true,
    };
    Tab::ALL.into_iter().filter(shows).collect()
}

/// Runs what the page does once, on a few lines: a browser compiles wasm when it first runs, and the
/// user's template need not wait for that.
fn warm() {
    drop(Outcome::of(&warm_work(), None));
}

fn warm_work() -> Work {
    const LINES: &str = "Resources:\n  F: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt R.Arn, X: !Sub '${R}'}}\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {}\n      Policies: [{PolicyName: p, PolicyDocument: {Statement: {Effect: Allow, Resource: !Sub '${F.Arn}*'}}}]\n";
    let config = TextFile::new("config.yaml", "resolution: {order: [exact, pattern, two-phase]}\n");
    Work { monolith: Some(TextFile::new("a.yaml", LINES)), config: Some(config), ..Work::default() }
}

/// The page: the user's own work, or what a link holds.
#[function_component]
pub(crate) fn Root() -> Html {
    let shared = use_state(|| None::<Result<Shared, String>>);
    let opened = use_state(|| false);
    {
        let (shared, opened) = (shared.clone(), opened.clone());
        use_effect_with((), move |()| {
            let open = move || {
                let (shared, opened) = (shared.clone(), opened.clone());
                spawn_local(async move {
                    shared.set(read(&gloo::utils::window().location().hash().unwrap_or_default()).await);
                    opened.set(true);
                });
            };
            open();
            let hash = EventListener::new(&gloo::utils::window(), "hashchange", move |_| open());
            move || drop(hash)
        });
    }
    let leave = Callback::from(|_: web_sys::MouseEvent| {
        // A page that may not change its address stays where it is.
        let _ = gloo::utils::window().location().set_hash("");
    });
    let banner = |words: &str| {
        html! {
            <aside class="banner" aria-label="Shared">
                <span>{ words }</span>
                <button type="button" class="small" onclick={leave.clone()}>{ "Go to my own work" }</button>
            </aside>
        }
    };
    match &*shared {
        _ if !*opened => Html::default(),
        None => html! { <Desk key="own" /> },
        Some(Err(message)) => {
            html! { <>{ banner("Shared report") }<main class="welcome"><h1>{ "Nothing to read here" }</h1><p>{ message }</p></main></> }
        }
        Some(Ok(Shared { report, work: None, .. })) => html! {
            <>
                { banner("A shared report, to be read only. The templates are not in the link: what it says is the word of who shared it.") }
                <SharedReport report={Rc::new(report.clone())} />
            </>
        },
        Some(Ok(Shared { work: Some(work), .. })) => html! {
            <>
                { banner("Shared work, to be read only: everything on this page was computed here from the texts in the link.") }
                <Desk key="shared" shared={Some(Rc::new(work.clone()))} />
            </>
        },
    }
}

#[derive(Properties, PartialEq)]
struct DeskProps {
    /// Another's work, which is read and neither changed nor kept.
    #[prop_or_default]
    shared: Option<Rc<Work>>,
}

/// The work and everything about it.
#[function_component]
fn Desk(props: &DeskProps) -> Html {
    let shared = props.shared.clone();
    let read_only = shared.is_some();
    let session =
        use_reducer(move || shared.map_or_else(Session::restored, |work| Session::of((*work).clone())));
    let view = use_reducer(View::default);
    let said = use_state(String::new);
    let last = use_mut_ref(|| None::<Rc<Outcome>>);
    let outcome = {
        let last = Rc::clone(&last);
        // A tick changes nothing of the result.
        let asked = Work { review: Review::default(), ..session.work.clone() };
        use_memo(asked, move |work| Outcome::of(work, last.borrow().as_deref()))
    };
    if session.work.is_empty() {
        *last.borrow_mut() = None;
    } else if outcome.split.is_some() && !outcome.stale {
        *last.borrow_mut() = Some(Rc::clone(&outcome));
    }
    let say = {
        let said = said.setter();
        Callback::from(move |text: String| {
            said.set(text);
            let said = said.clone();
            Timeout::new(6_000, move || said.set(String::new())).forget();
        })
    };
    {
        let intake = Intake { session: session.dispatcher(), say: say.clone() };
        let look = view.dispatcher();
        use_effect_with((), move |()| {
            go_to_address(&look);
            Timeout::new(50, warm).forget();
            let listeners = listen(&intake, &look);
            move || drop(listeners)
        });
    }
    {
        let say = say.clone();
        use_effect_with(session.work.clone(), move |work| {
            let pair = work.pair.iter().flat_map(|(iam, app)| [iam, app]);
            let files = work.monolith.iter().chain(&work.config).chain(pair);
            let files = files.map(|file| Array::of2(&(*file.name).into(), &(*file.text).into()));
            host::get().keep(&files.collect());
            let work = (!read_only).then(|| work.clone());
            // After the result is on the screen.
            let saving = Timeout::new(300, move || {
                if work.is_some_and(|work| !save(&work)) {
                    say.emit("this is too large for the browser to keep over a reload".to_owned());
                }
            });
            move || drop(saving)
        });
    }
    let page = Context {
        session: session.clone(),
        view: view.clone(),
        outcome: Rc::clone(&outcome),
        read_only,
        say,
    };
    let tabs = tabs(&outcome);
    // A tab that has nothing to show gives way to the template, which has the findings.
    let refused = if tabs.contains(&Tab::Monolith) { Tab::Monolith } else { Tab::Config };
    let first = tabs.first().copied().unwrap_or(refused);
    let current = view.tab.map_or(first, |tab| if tabs.contains(&tab) { tab } else { refused });
    let panel = match current {
        Tab::Release => html! { <Release /> },
        Tab::Roles => html! { <Roles /> },
        Tab::Permissions => html! { <Permissions /> },
        Tab::Iam => html! { <Document key="iam" source={Source::Iam} /> },
        Tab::App => html! { <Document key="app" source={Source::App} /> },
        Tab::Monolith => html! { <Document key="monolith" source={Source::Template} /> },
        Tab::Wiring => html! { <Wiring /> },
        Tab::Picture => html! { <Picture /> },
        Tab::Config => html! { <ConfigTab /> },
        Tab::Report => html! { <OwnReport /> },
    };
    html! {
        <ContextProvider<Context> context={page}>
            <Header />
            if session.work.is_empty() {
                <Welcome />
            } else {
                <div class="work">
                    if session.work.pair.is_some() || session.work.iam.is_some() { <Pair /> } else { <Resources /> }
                    <main>
                        if outcome.stale { <p class="stale" role="note">{ "The work as it is now is refused. This is the last good result." }</p> }
                        <Tabs {tabs} {current} />
                        <div id="panel" class="panel" role="tabpanel" aria-labelledby={format!("tab-{}", current.id())}>{ panel }</div>
                    </main>
                    <Details />
                    <Findings />
                </div>
            }
            <div class="said" role="status">{ (*said).clone() }</div>
        </ContextProvider<Context>>
    }
}

/// The report of the work.
#[function_component]
fn OwnReport() -> Html {
    let page = use_page();
    let report = use_memo(page.work().clone(), |_| Rc::new(report(&page)));
    html! { <ReportView report={(*report).clone()} /> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_warms_up_is_split() {
        let outcome = Outcome::of(&warm_work(), None);
        assert!(outcome.split.is_some(), "{:?}", outcome.findings);
    }
}
