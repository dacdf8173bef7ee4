//! Files that the user gives.

use gloo::events::{EventListener, EventListenerOptions};
use gloo::file::futures::read_as_bytes;
use wasm_bindgen::JsCast;
use web_sys::{DragEvent, FileList};
use yew::Callback;
use yew::platform::spawn_local;

use super::context::Context;
use super::session::Change;
use super::work::TextFile;

/// What listeners are given: it changes the work as it is when they run.
#[derive(Clone)]
pub(crate) struct Intake {
    pub(crate) session: yew::UseReducerDispatcher<super::session::Session>,
    pub(crate) say: Callback<String>,
}

impl Intake {
    pub(crate) fn of(page: &Context) -> Self {
        Self { session: page.session.dispatcher(), say: page.say.clone() }
    }

    /// Reads files, all of them, and adds them to the work.
    pub(crate) fn files(&self, list: &FileList) {
        let session = self.session.clone();
        let then = Callback::from(move |files| session.dispatch(Change::Files(files)));
        read_all(list, self.say.clone(), then);
    }

    /// Adds a text without a file.
    pub(crate) fn text(&self, text: &str) {
        let json = text.trim_start().starts_with('{');
        let name = if json { "template.json" } else { "template.yaml" };
        self.session.dispatch(Change::Files(vec![TextFile::new(name, text)]));
    }

    /// Loads the example.
    pub(crate) fn example(&self) {
        let intake = self.clone();
        spawn_local(async move {
            let texts = wasm_bindgen_futures::JsFuture::from(super::host::get().example()).await;
            let texts = texts.map(|texts| js_sys::Array::from(&texts));
            let texts = texts.map(|texts| (texts.get(0).as_string(), texts.get(1).as_string()));
            match texts {
                Ok((Some(template), Some(config))) => intake.session.dispatch(Change::Files(vec![
                    TextFile::new("quilt.yaml", &template),
                    TextFile::new("config.yaml", &config),
                ])),
                _ => intake.say.emit("the example could not be loaded".to_owned()),
            }
        });
    }
}

/// Reads files, all of them; what cannot be read is said.
pub(crate) fn read_all(list: &FileList, say: Callback<String>, then: Callback<Vec<TextFile>>) {
    let files: Vec<gloo::file::File> =
        (0..list.length()).filter_map(|at| list.get(at)).map(gloo::file::File::from).collect();
    spawn_local(async move {
        let mut read = Vec::new();
        for file in files {
            let text = read_as_bytes(&file).await.map(String::from_utf8);
            match text {
                Ok(Ok(text)) => read.push(TextFile { name: file.name().into(), text: text.into() }),
                Ok(Err(_)) => {
                    say.emit(format!("SYN008: `{}` is not UTF-8 text; save the file as UTF-8", file.name()));
                }
                Err(error) => say.emit(format!("cannot read `{}`: {error}", file.name())),
            }
        }
        if !read.is_empty() {
            then.emit(read);
        }
    });
}

/// What happens with files that are dropped anywhere on the page.
pub(crate) fn on_drop(taken: impl Fn(&FileList) + 'static) -> [EventListener; 2] {
    let window = gloo::utils::window();
    let active = EventListenerOptions::enable_prevent_default();
    let over = EventListener::new_with_options(&window, "dragover", active, web_sys::Event::prevent_default);
    let drop = EventListener::new_with_options(&window, "drop", active, move |event| {
        event.prevent_default();
        let data = event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer);
        if let Some(list) = data.and_then(|data| data.files()) {
            taken(&list);
        }
    });
    [over, drop]
}
