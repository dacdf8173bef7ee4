//! The dependencies as a picture: the IAM stack's resources on the left, the application's on the right.
//!
//! Shapes and style alone: pointing at a resource shows its lines without a script.

use std::collections::BTreeMap;

use maud::{Markup, PreEscaped, html};

use super::{Report, Resource};
use crate::validate::{Bond, Dependency};

/// Height of a line of text, in the picture's units, which are CSS pixels at full size.
const ROW: usize = 19;
/// Where the names of the left column end.
const LEFT: usize = 310;
/// Where those of the right one begin.
const RIGHT: usize = 650;
/// The whole width.
const WIDTH: usize = 960;

/// The height at which each resource stands, and its number.
type Places<'r> = BTreeMap<&'r str, (usize, usize)>;

pub(super) fn picture(report: &Report) -> Markup {
    let crossing = |edge: &&Dependency| edge.bond != Bond::Inside;
    let edges: Vec<&Dependency> = report.dependencies.iter().filter(crossing).collect();
    let left: Vec<&Resource> = report.moved().collect();
    let right = beside(&edges, &left, report.resources.iter().filter(|resource| !resource.moved).collect());
    let height = (left.len().max(right.len()) + 2) * ROW;
    let places: Places<'_> =
        column(&left, 0, height).into_iter().chain(column(&right, left.len(), height)).collect();
    html! {
        p.dim {
            "Left the IAM stack, right the application stack. "
            span.uses { "uses" } ": takes the ARN by a parameter. "
            span.names { "names" } ": the policy names it. Point at a resource to see its lines alone."
        }
        div.scroll {
            svg.picture viewBox=(format!("0 0 {WIDTH} {height}")) width=(WIDTH) height=(height) role="img"
                aria-label=(format!("{} moved resources, {} of the application and {} dependencies between them; the table above says the same",
                    left.len(), right.len(), edges.len())) {
                style { (PreEscaped(pointing(&places))) }
                @for edge in &edges { (line(edge, &places)) }
                @for resource in &left { (name(resource, &places, LEFT, "end")) }
                @for resource in &right { (name(resource, &places, RIGHT, "start")) }
            }
        }
    }
}

/// The right column in the order of what each resource hangs on, so that few lines cross.
fn beside<'r>(edges: &[&Dependency], left: &[&Resource], mut right: Vec<&'r Resource>) -> Vec<&'r Resource> {
    let height = |name: &str| {
        let of = edges.iter().filter_map(|edge| match (edge.from == name, edge.to == name) {
            (true, _) => left.iter().position(|resource| resource.name == edge.to),
            (_, true) => left.iter().position(|resource| resource.name == edge.from),
            _ => None,
        });
        let heights: Vec<usize> = of.collect();
        // In thousandths of a row.
        heights.iter().sum::<usize>() * 1000 / heights.len().max(1)
    };
    right.sort_by_cached_key(|resource| height(&resource.name));
    right
}

/// A column spread over the height, with numbers from `first`.
fn column<'r>(resources: &[&'r Resource], first: usize, height: usize) -> Places<'r> {
    let room = height.saturating_sub(2 * ROW) / resources.len().max(1);
    let place = |at: usize| (ROW + at * room + room / 2, first + at);
    resources.iter().enumerate().map(|(at, resource)| (resource.name.as_str(), place(at))).collect()
}

fn line(edge: &Dependency, places: &Places<'_>) -> Markup {
    let at = |name: &str| places.get(name).copied().unwrap_or_default();
    let ((from, a), (to, b)) = (at(&edge.from), at(&edge.to));
    let (class, path) = match edge.bond {
        Bond::Uses => ("uses", curve(RIGHT - 8, from, LEFT + 8, to)),
        _ => ("names", curve(LEFT + 8, from, RIGHT - 8, to)),
    };
    html! {
        path class=(format!("{class} e{a} e{b}")) d=(path) {
            title { (edge.from) " " (class) " " (edge.to) }
        }
    }
}

fn curve(x: usize, y: usize, to_x: usize, to_y: usize) -> String {
    let middle = usize::midpoint(LEFT, RIGHT);
    format!("M{x} {y}C{middle} {y} {middle} {to_y} {to_x} {to_y}")
}

fn name(resource: &Resource, places: &Places<'_>, x: usize, anchor: &str) -> Markup {
    let (y, number) = places.get(resource.name.as_str()).copied().unwrap_or_default();
    html! {
        text class=(format!("n{number}")) x=(x) y=(y + 4) text-anchor=(anchor) {
            (shortened(&resource.name)) title { (resource.name) ", " (resource.kind) ", line " (resource.line) }
        }
    }
}

/// A name that fits its column; the whole of it is in the title.
fn shortened(name: &str) -> String {
    match name.char_indices().nth(38) {
        Some((at, _)) => format!("{}…", name.get(..at).unwrap_or_default()),
        None => name.to_owned(),
    }
}

fn pointing(places: &Places<'_>) -> String {
    let rule = |(_, number): &(usize, usize)| {
        format!(".picture:has(.n{number}:hover) .e{number}{{opacity:1;stroke-width:2}}")
    };
    let mut rules = ".picture:has(text:hover) path{opacity:.06}".to_owned();
    places.values().for_each(|place| rules.push_str(&rule(place)));
    rules
}
