//! The page.

mod choices;
mod classify;
mod code;
mod command;
mod config_tab;
mod context;
mod crossing;
mod declared;
mod details;
mod diff;
mod diff_view;
mod document;
mod files;
mod find;
mod findings;
mod header;
mod host;
mod layout;
mod lines;
mod outcome;
mod pair;
mod parts;
mod permissions;
mod picture;
mod reach;
mod release;
mod report_view;
mod resources;
mod review;
mod roles;
mod root;
mod save;
mod session;
mod share;
mod shared_report;
mod tabs;
mod view;
mod welcome;
mod wiring;
mod words;
mod work;

use wasm_bindgen::prelude::wasm_bindgen;

use host::Host;

/// Starts the page in the element `page`. A panic is told to the host, which keeps the user's text.
///
/// # Panics
/// Where the host page has no such element.
#[wasm_bindgen]
pub fn start(host: Host) {
    host::set(host);
    std::panic::set_hook(Box::new(|panic| host::get().panicked(&panic.to_string())));
    let Some(element) = gloo::utils::document().get_element_by_id("page") else {
        host::get().panicked("the page has no element to stand in");
        return;
    };
    yew::Renderer::<root::Root>::with_root(element).render();
}
