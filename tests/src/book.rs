//! `docs/` as a book: `docs/README.md` is its table of contents, and each page has its place in it.

use std::path::PathBuf;

/// The folder of the documents.
fn folder() -> PathBuf {
    crate::repository().join("docs")
}

/// A page of the book.
pub struct Page {
    /// Tutorial, How-to, Reference or Explanation.
    pub part: String,
    /// Its title.
    pub title: String,
    /// Its file.
    pub file: String,
    /// What it is for.
    pub purpose: String,
}

/// All pages, in the order of the table of contents.
///
/// # Panics
/// Where the table cannot be read.
pub fn pages() -> Vec<Page> {
    let table = std::fs::read_to_string(folder().join("README.md")).expect("a table of contents");
    let mut part = "";
    let mut pages = Vec::new();
    for line in table.lines() {
        part = line.strip_prefix("## ").unwrap_or(part);
        let Some(rest) = line.strip_prefix("- [") else { continue };
        let (title, rest) = rest.split_once("](").expect("a link");
        let (file, purpose) = rest.split_once("): ").expect("a purpose");
        let [part, title, file, purpose] = [part, title, file, purpose].map(str::to_owned);
        pages.push(Page { part, title, file, purpose });
    }
    pages
}

/// What begins the line that says what a page is for.
const HEAD: &str = "> **";
/// What stands before the way to the next page.
const FOOT: &str = "\n---\n\n";
const NEXT: &str = "Next: ";
const LAST: &str = "That was the last page. ";

/// A page's text with its place in the book: what it is for below its title, and at its end the way to the next one.
///
/// # Panics
/// Where the table of contents does not have the page.
pub fn framed(file: &str, text: &str) -> String {
    let pages = pages();
    let at = pages.iter().position(|page| page.file == file).expect("docs/README.md lists every page");
    let page = &pages[at];
    let (_, body) = text.split_once("\n\n").expect("a title");
    let body = match body.split_once("\n\n") {
        Some((head, rest)) if head.starts_with(HEAD) => rest,
        _ => body,
    };
    let body = match body.rsplit_once(FOOT) {
        Some((rest, foot)) if foot.starts_with(NEXT) || foot.starts_with(LAST) => rest,
        _ => body,
    };
    let body = body.trim_end();
    let next = match pages.get(at + 1) {
        Some(next) => format!("{NEXT}[{}]({})", next.title, next.file),
        None => format!("{LAST}[The table of contents](README.md)"),
    };
    let (part, title, purpose) = (&page.part, &page.title, &page.purpose);
    format!("# {title}\n\n{HEAD}{part}** of [the book](README.md): {purpose}\n\n{body}\n{FOOT}{next}\n")
}

/// Writes the place in the book into every page.
///
/// # Panics
/// Where a page cannot be read or written.
pub fn frame_all() {
    for page in pages() {
        let path = folder().join(&page.file);
        let text = std::fs::read_to_string(&path).expect("a page");
        std::fs::write(&path, framed(&page.file, &text)).expect("a page is written");
    }
}
