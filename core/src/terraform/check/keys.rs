//! Which keys the value of an expression can have, through locals, variables and the calls of modules.

use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::expr::{Expression, ObjectKey, Traversal, TraversalOperator};
use hcl_edit::{Ident, Span as _};

use super::Place;
use super::read::{Folder, In, source};

/// Keys and where they stand.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    /// The keys that are seen.
    pub(super) names: BTreeMap<String, Place>,
    /// Those that a filter may take away again.
    pub(super) filtered: BTreeSet<String>,
    /// Where more can come from that is not seen, in the words of the file: `var.parameters`.
    pub(super) unseen: BTreeSet<String>,
}

impl Keys {
    fn add(&mut self, other: Self) {
        for (name, place) in other.names {
            let new = !self.names.contains_key(&name);
            let filtered = other.filtered.contains(&name);
            // One way to come through unfiltered is enough.
            if filtered && new {
                self.filtered.insert(name.clone());
            } else if !filtered {
                self.filtered.remove(&name);
            }
            self.names.entry(name).or_insert(place);
        }
        self.unseen.extend(other.unseen);
    }
}

/// All folders, to follow names through.
pub(super) struct Resolver<'r, 'f> {
    pub(super) folders: &'r BTreeMap<&'f str, Folder<'f>>,
}

impl<'f> Resolver<'_, 'f> {
    /// The keys of an expression in a folder.
    pub(super) fn keys(&self, folder: &str, at: In<'f>) -> Keys {
        self.go(folder, at, 0)
    }

    fn go(&self, folder: &str, at: In<'f>, depth: usize) -> Keys {
        let mut keys = Keys::default();
        // Names can go in a circle in files that Terraform would refuse.
        if depth > 40 {
            return keys;
        }
        let inner = |expr: &'f Expression| self.go(folder, In { file: at.file, expr }, depth + 1);
        match at.expr {
            Expression::Object(object) => {
                for (key, _) in object {
                    let (name, span) = match key {
                        ObjectKey::Ident(ident) => (Some(ident.as_str()), ident.span()),
                        ObjectKey::Expression(expr) => (expr.as_str(), expr.span()),
                    };
                    match (name, span) {
                        (Some(name), Some(span)) => {
                            let place = Place { file: at.file, start: span.start, end: span.end };
                            keys.names.insert(name.to_owned(), place);
                        }
                        _ => {
                            keys.unseen.insert("a computed key".to_owned());
                        }
                    }
                }
            }
            Expression::Parenthesis(inside) => keys.add(inner(inside.inner())),
            Expression::Conditional(conditional) => {
                keys.add(inner(&conditional.true_expr));
                keys.add(inner(&conditional.false_expr));
            }
            Expression::FuncCall(call) => match call.name.name.as_str() {
                "merge" | "tomap" | "try" | "coalesce" | "sensitive" | "nonsensitive" => {
                    call.args.iter().for_each(|argument| keys.add(inner(argument)));
                }
                other => {
                    keys.unseen.insert(format!("{other}(…)"));
                }
            },
            Expression::ForExpr(each) if each.key_expr.is_some() => {
                let mut inside = inner(&each.intro.collection_expr);
                if each.cond.is_some() {
                    inside.filtered = inside.names.keys().cloned().collect();
                }
                keys.add(inside);
            }
            Expression::Traversal(traversal) => keys.add(self.named(folder, traversal, depth)),
            Expression::Null(_) => {}
            _ => {
                keys.unseen.insert("an expression".to_owned());
            }
        }
        keys
    }

    fn named(&self, folder: &str, traversal: &'f Traversal, depth: usize) -> Keys {
        let mut keys = Keys::default();
        let path = path(traversal);
        let here = self.folders.get(folder);
        match path.as_slice() {
            ["local", name] => match here.and_then(|here| here.locals.get(name)) {
                Some(at) => keys.add(self.go(folder, *at, depth + 1)),
                None => {
                    keys.unseen.insert(format!("local.{name}"));
                }
            },
            ["var", name] => {
                let given = self.given(folder, name);
                let passed = !given.is_empty();
                // Whoever calls the module is here: what they do not give has its default.
                let called = !self.roots(folder).contains(folder);
                for (caller, at) in given {
                    keys.add(self.go(caller, at, depth + 1));
                }
                let value = here.and_then(|here| here.values.get(name));
                let default = here
                    .and_then(|here| here.variables.get(name))
                    .and_then(|variable| variable.attribute("default"));
                if let Some(at) = value.copied().or(default.filter(|_| !passed)) {
                    keys.add(self.go(folder, at, depth + 1));
                }
                // Nobody here gives it: the environment may, or a module elsewhere.
                if !called && value.is_none() {
                    keys.unseen.insert(format!("var.{name}"));
                }
            }
            other => {
                keys.unseen.insert(other.join("."));
            }
        }
        keys
    }

    /// The root modules that a folder's module belongs to.
    pub(super) fn roots(&self, folder: &str) -> BTreeSet<String> {
        let (mut roots, mut seen, mut next) = (BTreeSet::new(), BTreeSet::new(), vec![folder.to_owned()]);
        while let Some(folder) = next.pop() {
            if !seen.insert(folder.clone()) {
                continue;
            }
            let callers: Vec<String> = self
                .folders
                .iter()
                .filter(|(caller, declared)| {
                    declared.calls.iter().any(|call| {
                        let from = call.attribute("source").and_then(|at| at.expr.as_str());
                        from.and_then(|from| source(caller, from)).as_deref() == Some(folder.as_str())
                    })
                })
                .map(|(caller, _)| (*caller).to_owned())
                .collect();
            if callers.is_empty() {
                roots.insert(folder);
            }
            next.extend(callers);
        }
        roots
    }

    /// What those who call a folder's module give for a variable.
    pub(super) fn given(&self, folder: &str, variable: &str) -> Vec<(&'f str, In<'f>)> {
        let mut list = Vec::new();
        for (caller, declared) in self.folders {
            for call in &declared.calls {
                let from = call.attribute("source").and_then(|at| at.expr.as_str());
                if from.and_then(|from| source(caller, from)).as_deref() == Some(folder)
                    && let Some(at) = call.attribute(variable)
                {
                    list.push((*caller, at));
                }
            }
        }
        list
    }
}

/// The names that a traversal goes through; indexes by number are left out.
pub(super) fn path(traversal: &Traversal) -> Vec<&str> {
    let mut path: Vec<&str> = traversal.expr.as_variable().map(Ident::as_str).into_iter().collect();
    for operator in &traversal.operators {
        match operator.value() {
            TraversalOperator::GetAttr(name) => path.push(name.as_str()),
            TraversalOperator::Index(expr) => path.extend(expr.as_str()),
            _ => {}
        }
    }
    path
}
