//! What the page asks of the JavaScript around it.

use std::cell::RefCell;

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen]
extern "C" {
    /// The object that `main.ts` passes to `start`.
    #[derive(Clone)]
    pub type Host;

    /// Remembers the user's texts outside of wasm, for the case of a panic: pairs of name and text.
    #[wasm_bindgen(method)]
    pub fn keep(this: &Host, files: &Array);

    /// Says that the page cannot go on.
    #[wasm_bindgen(method)]
    pub fn panicked(this: &Host, message: &str);

    /// Gives the user a file.
    #[wasm_bindgen(method)]
    pub fn download(this: &Host, name: &str, kind: &str, text: &str);

    /// Gives the user an archive: pairs of name and text.
    #[wasm_bindgen(method)]
    pub fn zip(this: &Host, name: &str, files: &Array) -> Promise;

    /// Puts a text on the clipboard.
    #[wasm_bindgen(method)]
    pub fn copy(this: &Host, text: &str) -> Promise;

    /// Compresses a text for a link.
    #[wasm_bindgen(method)]
    pub fn pack(this: &Host, text: &str) -> Promise;

    /// Reads what a link holds.
    #[wasm_bindgen(method)]
    pub fn unpack(this: &Host, packed: &str) -> Promise;

    /// The example: the template's text and the configuration's.
    #[wasm_bindgen(method)]
    pub fn example(this: &Host) -> Promise;
}

thread_local! {
    static HOST: RefCell<Option<Host>> = const { RefCell::new(None) };
}

pub(crate) fn set(host: Host) {
    HOST.with(|cell| *cell.borrow_mut() = Some(host));
}

/// The host. Before `start` there is none, and nothing runs.
pub(crate) fn get() -> Host {
    HOST.with(|cell| cell.borrow().clone()).unwrap_or_else(|| JsValue::UNDEFINED.unchecked_into())
}
