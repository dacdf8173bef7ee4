//! The dependency picture: both stacks side by side, and what crosses between them.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent, MouseEvent};
use yew::{
    Callback, Html, classes, function_component, html, use_effect_with, use_memo, use_node_ref, use_state,
};

use super::context::use_page;
use super::layout::{Edge, Spot, layout};
use super::view::Look;

const WIDTH: usize = 250;
const HEIGHT: usize = 22;
const PITCH: usize = 30;
const LEFT: usize = 70;
const RIGHT: usize = 620;
const TOP: usize = 44;
const TOTAL: usize = RIGHT + WIDTH + 20;
/// Zooms in percent.
const ZOOMS: [usize; 7] = [40, 60, 80, 100, 130, 170, 220];

fn corner(spot: &Spot) -> (usize, usize) {
    (if spot.moves { LEFT } else { RIGHT }, TOP + spot.top * PITCH / 100)
}

fn path(from: &Spot, to: &Spot) -> String {
    let ((ax, ay), (bx, by)) = (corner(from), corner(to));
    let (ay, by) = (ay + HEIGHT / 2, by + HEIGHT / 2);
    match (from.moves, to.moves) {
        (true, true) => {
            let bulge = LEFT.saturating_sub(16 + ay.abs_diff(by) / 8).max(6);
            format!("M{ax} {ay} C{bulge} {ay} {bulge} {by} {bx} {by}")
        }
        (true, false) => {
            let (ax, middle) = (ax + WIDTH, usize::midpoint(LEFT + WIDTH, RIGHT));
            format!("M{ax} {ay} C{middle} {ay} {middle} {by} {bx} {by}")
        }
        _ => {
            let (bx, middle) = (bx + WIDTH, usize::midpoint(LEFT + WIDTH, RIGHT));
            format!("M{ax} {ay} C{middle} {ay} {middle} {by} {bx} {by}")
        }
    }
}

#[function_component]
pub(crate) fn Picture() -> Html {
    let page = use_page();
    let scroll = use_node_ref();
    let zoom = use_state(|| 3usize);
    let picture = use_memo(page.outcome.clone(), |outcome| layout(outcome));
    let selected = page.view.selected.as_deref();
    let chosen = picture.spots.iter().position(|spot| Some(spot.name.as_str()) == selected);
    let touches = |edge: &Edge| chosen.is_some_and(|at| edge.from == at || edge.to == at);
    let near =
        |at: usize| picture.edges.iter().any(|edge| touches(edge) && (edge.from == at || edge.to == at));
    let percent = ZOOMS.get(*zoom).copied().unwrap_or(100);
    let height = TOP + picture.rows * PITCH + 10;
    let step = |label: &'static str, name: &'static str, to: Option<usize>| {
        let zoom = zoom.clone();
        let onclick = Callback::from(move |_: MouseEvent| {
            if let Some(to) = to {
                zoom.set(to);
            }
        });
        html! { <button type="button" class="small" aria-label={name} disabled={to.is_none()} {onclick}>{ label }</button> }
    };
    let onkeydown = {
        let (view, picture) = (page.view.clone(), picture.clone());
        Callback::from(move |event: KeyboardEvent| {
            let element = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            let at = element.and_then(|element| element.get_attribute("data-at")?.parse::<usize>().ok());
            let Some(spot) = at.and_then(|at| picture.spots.get(at)) else { return };
            let find = |moves: bool, row: usize| {
                picture.spots.iter().position(|each| each.moves == moves && each.row == row)
            };
            let to = match event.key().as_str() {
                "Enter" | " " => {
                    event.prevent_default();
                    view.dispatch(Look::Select(spot.name.as_str().into()));
                    return;
                }
                "ArrowDown" => find(spot.moves, spot.row + 1),
                "ArrowUp" => spot.row.checked_sub(1).and_then(|row| find(spot.moves, row)),
                "ArrowLeft" | "ArrowRight" => (0..=spot.row).rev().find_map(|row| find(!spot.moves, row)),
                _ => return,
            };
            event.prevent_default();
            let node = to.and_then(|at| gloo::utils::document().get_element_by_id(&format!("spot-{at}")));
            if let Some(node) = node.and_then(|node| node.dyn_into::<web_sys::SvgElement>().ok()) {
                // What cannot take the focus keeps it where it was.
                let _ = node.focus();
            }
        })
    };
    {
        // What is selected elsewhere comes into sight.
        let scroll = scroll.clone();
        let top = chosen.and_then(|at| picture.spots.get(at)).map(|spot| corner(spot).1 * percent / 100);
        use_effect_with((top, chosen), move |(top, _)| {
            if let (Some(element), Some(top)) = (scroll.cast::<HtmlElement>(), *top) {
                let top = i32::try_from(top).unwrap_or(0);
                let (from, height) = (element.scroll_top(), element.client_height());
                if !(from + 40..from + height - 40).contains(&top) {
                    element.set_scroll_top(top - height / 3);
                }
            }
        });
    }
    let stop = chosen.unwrap_or(0);
    let spot = |at: usize, spot: &Spot| {
        let (x, y) = corner(spot);
        let view = page.view.clone();
        let name: std::rc::Rc<str> = spot.name.as_str().into();
        let onclick = Callback::from(move |_: MouseEvent| view.dispatch(Look::Select(name.clone())));
        let count = picture.edges.iter().filter(|edge| edge.from == at || edge.to == at).count();
        let short: String = if spot.name.chars().count() > 34 {
            spot.name.chars().take(33).chain(['…']).collect()
        } else {
            spot.name.clone()
        };
        html! {
            <g id={format!("spot-{at}")} key={at} data-at={at.to_string()} role="button" {onclick}
                tabindex={if at == stop { "0" } else { "-1" }} aria-pressed={(chosen == Some(at)).to_string()}
                aria-label={format!("{}, {}, {count} connections", spot.name, spot.kind)}
                class={classes!("spot", spot.moves.then_some("moves"), (chosen == Some(at)).then_some("chosen"), near(at).then_some("near"))}>
                <rect x={x.to_string()} y={y.to_string()} width={WIDTH.to_string()} height={HEIGHT.to_string()} rx="3" />
                <text x={(x + 8).to_string()} y={(y + 15).to_string()}>{ short }</text>
            </g>
        }
    };
    let legend = [
        ("uses", "application uses it, by a parameter"),
        ("inside", "within the IAM stack"),
        ("names", "its policy names it"),
        ("exact", "exact"),
        ("pattern", "pattern"),
        ("two-phase", "two-phase"),
        ("attach", "attach"),
        ("order", "order of the stacks"),
        ("open", "unresolved"),
    ];
    let legend = legend.iter().filter(|(class, _)| picture.edges.iter().any(|edge| edge.class == *class));
    html! {
        <div class="document">
            <div class="head">
                <span class="legend">
                    { for legend.map(|(class, words)| html! {
                        <span><svg width="22" height="8" aria-hidden="true"><path class={classes!("edge", *class)} d="M1 4H21" /></svg>{ *words }</span>
                    }) }
                </span>
                <span class="tools">
                    { step("−", "Zoom out", zoom.checked_sub(1)) }
                    <span class="dim">{ format!("{percent} %") }</span>
                    { step("+", "Zoom in", Some(*zoom + 1).filter(|to| *to < ZOOMS.len())) }
                </span>
            </div>
            <div class="picture" ref={scroll} role="region" aria-label="Dependencies" tabindex="0" {onkeydown}>
                <svg class={classes!(chosen.is_some().then_some("choosing"))} role="group" aria-label="Resources and what joins them"
                    viewBox={format!("0 0 {TOTAL} {height}")}
                    width={(TOTAL * percent / 100).to_string()} height={(height * percent / 100).to_string()}>
                    <text class="stack" x={LEFT.to_string()} y="26">{ "IAM stack" }</text>
                    <text class="stack" x={RIGHT.to_string()} y="26">{ "Application stack" }</text>
                    <g aria-hidden="true">
                        { for picture.edges.iter().map(|edge| {
                            let ends = picture.spots.get(edge.from).zip(picture.spots.get(edge.to));
                            html! { if let Some((from, to)) = ends {
                                <path class={classes!("edge", edge.class, touches(edge).then_some("hot"))} d={path(from, to)} />
                            } }
                        }) }
                    </g>
                    { for picture.spots.iter().enumerate().map(|(at, each)| spot(at, each)) }
                </svg>
            </div>
        </div>
    }
}
