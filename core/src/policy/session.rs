//! How long a session of a role may last.

use super::release::{Decision, Question, Reason, Verdict, Witness};
use super::subject::Asked;
use super::value::{Taste, Values};
use super::witness::given;
use super::world::{Both, Choice, Need, Which, World, entries};
use crate::expression::Expr;

/// More cases than this are not tried.
const MOST_CASES: usize = 200;

/// The least and the most seconds of a session. Source: IAM API Reference, `CreateRole`, `MaxSessionDuration` ("The default is
/// one hour"; 3600 to 43200).
const DEFAULT: u32 = 3_600;
const BOUNDS: (u32, u32) = (DEFAULT, 43_200);

/// What one case says: nothing more, more with these seconds, or it is not told.
enum Told {
    NoMore,
    More(u32),
    Not,
}

impl Asked<'_> {
    /// A session that may last longer.
    pub(super) fn session(&self, role: &str, line: u32) -> Option<Decision> {
        let both = self.both;
        if !both.old.resources.contains_key(role) || !both.new.resources.contains_key(role) {
            return None;
        }
        if !self.is_dirty(role) {
            return None;
        }
        let mut decision = Decision {
            principal: role.to_owned(),
            kind: "role".to_owned(),
            question: Question::Session,
            verdict: Verdict::NoMore,
            witness: None,
            reasons: Vec::new(),
            line,
        };
        let mut open = vec![World::default()];
        let mut count = 0;
        while let Some(world) = open.pop() {
            if !both.is_possible(&world) {
                continue;
            }
            count += 1;
            let told = if count > MOST_CASES { Ok(Told::Not) } else { told(both, role, &world) };
            match told {
                Err(need) => open.extend(world.with(&need)),
                Ok(Told::NoMore) => {}
                Ok(Told::More(seconds)) => {
                    decision.verdict = Verdict::More;
                    decision.reasons.clear();
                    let mut values = Values::new(Taste::Apart, "aws", &world);
                    for (about, choice) in world.choices.values() {
                        if let (Expr::Ref(name), Choice::Not(_) | Choice::Given(true)) = (about, choice) {
                            // One that fits none is left out.
                            let _ = values.reference(both, name);
                        }
                    }
                    decision.witness = Some(Witness {
                        principal: "whoever may assume it".to_owned(),
                        action: "sts:AssumeRole".to_owned(),
                        resource: role.to_owned(),
                        context: [("DurationSeconds".to_owned(), vec![seconds.to_string()])].into(),
                        parameters: values.parameters.clone(),
                        given: given(&world, false),
                        ..Witness::default()
                    });
                    return Some(decision);
                }
                Ok(Told::Not) => {
                    decision.verdict = Verdict::CannotTell;
                    let why = "how long a session may last is computed, and differs".to_owned();
                    decision.reasons = vec![Reason { part: "`MaxSessionDuration`".to_owned(), why, line }];
                    if count > MOST_CASES {
                        break;
                    }
                }
            }
        }
        (decision.verdict != Verdict::NoMore).then_some(decision)
    }
}

fn told(both: &Both, role: &str, world: &World) -> Result<Told, Need> {
    let of = |which: Which| -> Result<Option<Expr>, Need> {
        let Some(item) = both.side(which).resources.get(role) else { return Ok(None) };
        if let Some(condition) = &item.condition
            && !both.condition(which, condition, world)?
        {
            return Ok(None);
        }
        let value = item.property("MaxSessionDuration").map(|value| both.value(which, value, world));
        let is_none = |value: &Expr| matches!(value, Expr::Ref(name) if name == "AWS::NoValue");
        let value = value.transpose()?.filter(|value| !is_none(value));
        Ok(Some(value.unwrap_or_else(|| Expr::text(DEFAULT.to_string()))))
    };
    // One that is new is a question of its trust.
    let (Some(now), Some(before)) = (of(Which::New)?, of(Which::Old)?) else { return Ok(Told::NoMore) };
    if now == before {
        return Ok(Told::NoMore);
    }
    if let Some(need) = [&now, &before].into_iter().find_map(|value| match value {
        Expr::Ref(name) => both.by_value(name, world),
        _ => None,
    }) {
        return Err(need);
    }
    let (of_now, of_before) = (bounds(both, Which::New, &now), bounds(both, Which::Old, &before));
    Ok(if of_now.1 <= of_before.0 {
        Told::NoMore
    } else if of_now.0 > of_before.1 {
        Told::More(of_now.0)
    } else {
        Told::Not
    })
}

/// The least and the most that a value may be.
fn bounds(both: &Both, which: Which, value: &Expr) -> (u32, u32) {
    let number = |value: &Expr| match value {
        Expr::Text(text) | Expr::Plain(text) => text.parse::<u32>().ok(),
        _ => None,
    };
    if let Some(seconds) = number(value) {
        return (seconds, seconds);
    }
    let Expr::Ref(name) = value else { return BOUNDS };
    let declaration = both.side(which).parameters.get(name.trim_end_matches(super::world::OTHER));
    let get = |key: &str| entries(declaration).iter().find(|(name, _)| name == key).map(|(_, value)| value);
    if !matches!(get("Type"), Some(Expr::Text(kind)) if kind == "Number") {
        return BOUNDS;
    }
    let bound = |key: &str, otherwise: u32| get(key).and_then(number).unwrap_or(otherwise);
    (bound("MinValue", BOUNDS.0).max(BOUNDS.0), bound("MaxValue", BOUNDS.1).min(BOUNDS.1))
}
