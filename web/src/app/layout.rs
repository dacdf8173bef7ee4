//! Where the resources of the dependency picture stand: the IAM stack's on the left, the application's on
//! the right, ordered so that few lines cross.

use std::collections::{HashMap, HashSet};

use iam_split_core::validate::{Bond, Node, Validation};

use super::outcome::Outcome;

/// A resource in the picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spot {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) moves: bool,
    /// Its place from the top of its column.
    pub(crate) row: usize,
    /// Its distance from the top in hundredths of a row: the shorter column is spread over the longer one.
    pub(crate) top: usize,
}

/// What joins two resources.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Edge {
    /// Who references.
    pub(crate) from: usize,
    /// What is referenced.
    pub(crate) to: usize,
    /// `uses`, `inside`, the name of a resolution, or `open`.
    pub(crate) class: &'static str,
    pub(crate) count: usize,
}

/// The picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Layout {
    pub(crate) spots: Vec<Spot>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) rows: usize,
}

/// Lays the resources that move, and those that they are joined to, out.
pub(crate) fn layout(outcome: &Outcome) -> Layout {
    if let Some(validation) = &outcome.validation {
        return of_pair(validation);
    }
    let survey = &outcome.survey;
    let moved: HashSet<&str> = match &outcome.split {
        Some(split) => split.summary.moved.iter().map(|moved| moved.name.as_str()).collect(),
        None => survey.resources.iter().filter(|each| each.selected).map(|each| each.name.as_str()).collect(),
    };
    let mut joined: Vec<(&str, &str, &'static str, usize)> = Vec::new();
    for each in survey.references.iter().filter(|each| !each.of_output && each.owner != each.target) {
        let (from, to) = (each.owner.as_str(), each.target.as_str());
        let class = match (moved.contains(from), moved.contains(to)) {
            (false, false) => continue,
            (true, true) => "inside",
            (false, true) => "uses",
            (true, false) => outcome.split.as_ref().map_or("open", |split| {
                let mut bridges = split.summary.bridges.iter();
                bridges.find(|bridge| bridge.resource == from && bridge.target == to).map_or_else(
                    || if each.how == "DependsOn" { "order" } else { "attach" },
                    |bridge| bridge.resolution.name(),
                )
            }),
        };
        match joined.iter_mut().find(|edge| (edge.0, edge.1) == (from, to)) {
            Some(edge) => edge.3 += 1,
            None => joined.push((from, to, class, 1)),
        }
    }
    let touched: HashSet<&str> = joined.iter().flat_map(|edge| [edge.0, edge.1]).collect();
    let shown = survey
        .resources
        .iter()
        .filter(|each| moved.contains(each.name.as_str()) || touched.contains(each.name.as_str()));
    let mut spots: Vec<Spot> = shown
        .map(|each| Spot {
            name: each.name.clone(),
            kind: each.kind.clone(),
            moves: moved.contains(each.name.as_str()),
            row: 0,
            top: 0,
        })
        .collect();
    let index: HashMap<&str, usize> =
        spots.iter().enumerate().map(|(at, spot)| (spot.name.as_str(), at)).collect();
    let edges: Vec<Edge> = joined
        .into_iter()
        .filter_map(|(from, to, class, count)| {
            Some(Edge { from: *index.get(from)?, to: *index.get(to)?, class, count })
        })
        .collect();
    let rows = order(&mut spots, &edges);
    Layout { spots, edges, rows }
}

/// The picture of a pair that the user gave.
fn of_pair(validation: &Validation) -> Layout {
    let spot = |node: &Node| Spot {
        name: node.name.clone(),
        kind: node.kind.clone(),
        moves: node.moved,
        row: 0,
        top: 0,
    };
    let mut spots: Vec<Spot> = validation.resources.iter().map(spot).collect();
    let at = |name: &str| spots.iter().position(|spot| spot.name == name);
    let edges = validation.dependencies.iter().filter_map(|each| {
        let class = match each.bond {
            Bond::Uses => "uses",
            Bond::Names => "names",
            Bond::Inside => "inside",
        };
        Some(Edge { from: at(&each.from)?, to: at(&each.to)?, class, count: 1 })
    });
    let edges: Vec<Edge> = edges.collect();
    let rows = order(&mut spots, &edges);
    Layout { spots, edges, rows }
}

/// Rows for both columns: each resource near the middle of those that it is joined to.
fn order(spots: &mut [Spot], edges: &[Edge]) -> usize {
    let mut columns: [Vec<usize>; 2] = [Vec::new(), Vec::new()];
    for (at, spot) in spots.iter().enumerate() {
        if let Some(column) = columns.get_mut(usize::from(!spot.moves)) {
            column.push(at);
        }
    }
    let mut place: Vec<f64> = vec![0.0; spots.len()];
    let put = |column: &[usize], place: &mut Vec<f64>| {
        for (row, at) in column.iter().enumerate() {
            if let Some(place) = place.get_mut(*at) {
                #[allow(clippy::cast_precision_loss, reason = "a template has few resources")]
                let value = row as f64;
                *place = value;
            }
        }
    };
    for column in &columns {
        put(column, &mut place);
    }
    for _ in 0..4 {
        for which in [1, 0] {
            let Some(column) = columns.get_mut(which) else { continue };
            let middle = |at: usize| {
                let near = edges.iter().filter_map(|edge| match edge {
                    Edge { from, to, .. } if *from == at => place.get(*to),
                    Edge { from, to, .. } if *to == at => place.get(*from),
                    _ => None,
                });
                let (sum, count) = near.fold((0.0, 0.0), |(sum, count), place| (sum + place, count + 1.0));
                if count > 0.0 { sum / count } else { f64::MAX }
            };
            let mut keyed: Vec<(f64, usize)> = column.iter().map(|at| (middle(*at), *at)).collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            *column = keyed.into_iter().map(|(_, at)| at).collect();
            put(column, &mut place);
        }
    }
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
    for column in &columns {
        let gaps = column.len().saturating_sub(1).max(1);
        for (row, at) in column.iter().enumerate() {
            if let Some(spot) = spots.get_mut(*at) {
                spot.row = row;
                spot.top = row * 100 * rows.saturating_sub(1) / gaps;
            }
        }
    }
    rows
}
