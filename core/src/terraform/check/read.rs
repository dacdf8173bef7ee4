//! Terraform's folders: what each module declares, and who calls whom.

use std::collections::BTreeMap;

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body, Structure};

use super::{Finding, Place, Text, unreadable};
use crate::diagnostic::{Code, Diagnostic};

/// An expression and the file that it stands in.
#[derive(Clone, Copy)]
pub(super) struct In<'f> {
    pub(super) file: usize,
    pub(super) expr: &'f Expression,
}

/// A block with what names it.
#[derive(Clone, Copy)]
pub(super) struct Named<'f> {
    pub(super) file: usize,
    pub(super) kind: &'f str,
    pub(super) label: &'f str,
    pub(super) block: &'f Block,
}

impl<'f> Named<'f> {
    pub(super) fn attribute(&self, key: &str) -> Option<In<'f>> {
        let attribute = self.block.body.get_attribute(key)?;
        Some(In { file: self.file, expr: &attribute.value })
    }

    /// The place of an attribute, or of the block's first line.
    pub(super) fn place(&self, key: &str) -> Option<Place> {
        let span = match self.block.body.get_attribute(key) {
            Some(attribute) => attribute.span(),
            None => self.block.ident.span(),
        }?;
        Some(Place { file: self.file, start: span.start, end: span.end })
    }
}

/// A folder's declarations.
#[derive(Default)]
pub(super) struct Folder<'f> {
    pub(super) resources: Vec<Named<'f>>,
    pub(super) data: Vec<Named<'f>>,
    pub(super) locals: BTreeMap<&'f str, In<'f>>,
    pub(super) variables: BTreeMap<&'f str, Named<'f>>,
    pub(super) outputs: BTreeMap<&'f str, In<'f>>,
    pub(super) calls: Vec<Named<'f>>,
    /// Values of `*.tfvars`.
    pub(super) values: BTreeMap<&'f str, In<'f>>,
    /// Every body, to walk through.
    pub(super) bodies: Vec<(usize, &'f Body)>,
}

/// All folders, by their paths.
pub(super) struct Folders {
    parsed: Vec<(usize, String, bool, Body)>,
    texts: Vec<String>,
}

impl Folders {
    pub(super) fn read(files: &[Text], found: &mut Vec<Finding>) -> Self {
        let mut parsed = Vec::new();
        for (number, file) in files.iter().enumerate() {
            let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let values = file.path.ends_with(".tfvars");
            if !values && !file.path.ends_with(".tf") {
                found.push(Finding::new(
                    None,
                    "",
                    Diagnostic::new(
                        Code::TFM011,
                        format!("`{}` is not looked at: it is Terraform in JSON", file.path),
                    )
                    .help("look at it by hand for what stands here"),
                ));
                continue;
            }
            match file.text.parse::<Body>() {
                Ok(body) => parsed.push((number, folder.to_owned(), values, body)),
                Err(error) => found.push(unreadable(number, &file.path, &file.text, &error)),
            }
        }
        Self { parsed, texts: files.iter().map(|file| file.text.clone()).collect() }
    }

    /// The text of an expression as it is written.
    pub(super) fn text(&self, at: In<'_>) -> &str {
        let span = at.expr.span();
        span.and_then(|span| self.texts.get(at.file)?.get(span)).unwrap_or_default()
    }

    pub(super) fn folders(&self) -> BTreeMap<&str, Folder<'_>> {
        let mut folders: BTreeMap<&str, Folder<'_>> = BTreeMap::new();
        for (file, path, values, body) in &self.parsed {
            let folder = folders.entry(path.as_str()).or_default();
            if *values {
                for attribute in body.attributes() {
                    folder.values.insert(attribute.key.as_str(), In { file: *file, expr: &attribute.value });
                }
                continue;
            }
            folder.bodies.push((*file, body));
            for structure in body {
                if let Structure::Block(block) = structure {
                    declare(folder, *file, block);
                }
            }
        }
        folders
    }
}

fn declare<'f>(folder: &mut Folder<'f>, file: usize, block: &'f Block) {
    let label = |at: usize| block.labels.get(at).map_or("", |label| label.as_str());
    let one = Named { file, kind: block.ident.as_str(), label: label(0), block };
    let two = Named { file, kind: label(0), label: label(1), block };
    match block.ident.as_str() {
        "resource" => folder.resources.push(two),
        "data" => folder.data.push(two),
        "module" => folder.calls.push(one),
        "variable" => {
            folder.variables.insert(label(0), one);
        }
        "output" => {
            if let Some(value) = one.attribute("value") {
                folder.outputs.insert(label(0), value);
            }
        }
        "locals" => {
            for attribute in block.body.attributes() {
                folder.locals.insert(attribute.key.as_str(), In { file, expr: &attribute.value });
            }
        }
        _ => {}
    }
}

/// The folder that a module's source names from another folder; `None` where it is not below.
pub(super) fn source(folder: &str, source: &str) -> Option<String> {
    if !source.starts_with("./") && !source.starts_with("../") {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in source.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
