//! Statements of policy documents as sets: of actions, of resources or principals, of contexts.

use std::collections::BTreeSet;

use super::condition::{Line, Operator, Reading, Wanted, operator};
use super::glob::{Glob, Token, within};
use super::side::{MARK, Side};
use super::world::{Both, Need, World, canonical, entries};
use crate::diagnostic::Code;
use crate::expression::Expr;
use crate::text::Span;

/// A set of texts: those that a glob matches, or all others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Set {
    pub(super) negated: bool,
    /// Sorted.
    pub(super) globs: Vec<Glob>,
}

impl Set {
    fn of(negated: bool, mut globs: Vec<Glob>) -> Self {
        globs.sort();
        globs.dedup();
        Self { negated, globs }
    }

    pub(super) fn everything() -> Self {
        Self { negated: true, globs: Vec::new() }
    }
}

/// Where a statement comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Origin {
    /// The resource that holds it.
    pub(super) resource: String,
    /// Where it stands there, in words.
    pub(super) policy: String,
    /// Its `Sid`, or its number.
    pub(super) name: String,
    /// Its bytes.
    pub(super) place: Option<Span>,
}

/// What makes two statements the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Meaning {
    pub(super) allow: bool,
    pub(super) actions: Set,
    /// Resources, or in a trust policy principals.
    pub(super) targets: Set,
    pub(super) lines: Vec<Line>,
    /// Where it may apply or not.
    pub(super) unknown: Option<Unknown>,
}

/// Why a statement may apply or not, whatever it says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Unknown {
    /// Statements for which this is the same apply together.
    pub(super) what: String,
    /// In words.
    pub(super) why: &'static str,
}

/// As it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    /// `Action` or `NotAction`.
    pub(super) actions: (String, Vec<Expr>),
    /// `Resource`, `NotResource`, `Principal` or `NotPrincipal`.
    pub(super) targets: (String, Vec<Expr>),
    pub(super) condition: Option<Expr>,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) meaning: Meaning,
    pub(super) written: Written,
    pub(super) origin: Origin,
}

/// What a symbol of a glob stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    /// A value that the template computes.
    Value(Expr),
    /// A policy variable: a key of the context, and what it is where the context lacks the key.
    Variable(String, Option<String>),
}

/// The symbols of the globs.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    list: Vec<Symbol>,
    /// Keys of variables that the context has: no default stands for them.
    given: BTreeSet<String>,
}

impl Symbols {
    pub(super) fn given<'k>(keys: impl IntoIterator<Item = &'k String>) -> Self {
        Self { list: Vec::new(), given: keys.into_iter().cloned().collect() }
    }

    /// The variables whose values are not known.
    pub(super) fn variables(&self) -> impl Iterator<Item = &String> {
        self.list.iter().filter_map(|symbol| match symbol {
            Symbol::Variable(key, _) => Some(key),
            Symbol::Value(_) => None,
        })
    }

    fn number(&mut self, symbol: Symbol) -> u32 {
        let at = self.list.iter().position(|known| *known == symbol).unwrap_or_else(|| {
            self.list.push(symbol);
            self.list.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    pub(super) fn get(&self, number: u32) -> Option<&Symbol> {
        self.list.get(number as usize)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Symbol> {
        self.list.iter()
    }

    /// The values that are not known, however they are read.
    pub(super) fn values(&self) -> impl Iterator<Item = &Expr> {
        self.list.iter().filter_map(|symbol| {
            let Symbol::Value(value) = symbol else { return None };
            let mut value = value;
            while let Expr::Unary(_, inner) = value {
                value = inner;
            }
            Some(value)
        })
    }

    /// The names of those that are references.
    pub(super) fn references(&self) -> impl Iterator<Item = &str> {
        self.values().filter_map(|value| match value {
            Expr::Ref(name) => Some(name.as_str()),
            _ => None,
        })
    }
}

/// What a document is read with.
pub(super) struct Reader<'r> {
    pub(super) symbols: &'r mut Symbols,
    pub(super) side: &'r Side,
    pub(super) world: &'r World,
    /// Values of policy variables, by their keys in lower case: `None` for one that the context lacks. One that is
    /// not here is not known.
    pub(super) variables: &'r super::decide::Fixed,
    /// Whether the targets are principals.
    pub(super) trust: bool,
    /// Whether it is read for a trial, in which all is known.
    pub(super) trial: bool,
}

/// How values are read that are no patterns of `StringLike`: no function of CloudFormation has such a name.
pub(super) const READ: [(Reading, &str); 3] =
    [(Reading::Exact, "as it is"), (Reading::Folded, "in any case"), (Reading::Arn, "as an ARN")];

/// A value in a document of the version that knows policy variables.
pub(super) const WITH_VARIABLES: &str = "with variables";

/// The user or role that a unique id stands for: any, of any account.
const UNIQUE_ID: &str = "whoever has the id";

/// Whether a principal is told by the unique id of a user or a role, which IAM resolves when the policy is saved.
/// Source: IAM User Guide, "IAM identifiers", "Unique identifiers" (`AIDA…`, `AROA…`).
fn is_unique_id(text: &str) -> bool {
    (text.starts_with("AIDA") || text.starts_with("AROA"))
        && text.len() >= 16
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// What an element has for each item that is not understood.
struct Unread;

impl Reader<'_> {
    /// The statements of a policy document.
    pub(super) fn document(&mut self, document: &Expr, origin: &Origin) -> Result<Vec<Statement>, Need> {
        let parsed;
        let document = match document {
            Expr::Text(_) | Expr::Concat(_) => match from_text(document) {
                Some(read) => {
                    parsed = read;
                    &parsed
                }
                None => return Ok(opaque(&canonical(document), origin)),
            },
            Expr::Unary(name, inner) if name == "ToJsonString" => inner.as_ref(),
            Expr::Call(name, parts) if name == "ToJsonString" => match parts.as_slice() {
                [one] => one,
                _ => return Ok(opaque(&canonical(document), origin)),
            },
            other => other,
        };
        let Expr::Map(parts) = document else { return Ok(opaque(&canonical(document), origin)) };
        let get = |name: &str| parts.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        if parts.iter().any(|(key, _)| !["Version", "Id", "Statement", MARK].contains(&key.as_str())) {
            return Ok(opaque(&canonical(document), origin));
        }
        let variables = match get("Version") {
            None => false,
            Some(Expr::Text(version)) if version == "2012-10-17" => true,
            Some(Expr::Text(version)) if version == "2008-10-17" => false,
            Some(_) => return Ok(opaque(&canonical(document), origin)),
        };
        let mut flat = Vec::new();
        match get("Statement") {
            Some(Expr::List(list)) => flatten(list, &mut flat),
            Some(one) => flat.push(one),
            None => {}
        }
        let mut list = Vec::new();
        for (at, statement) in flat.into_iter().enumerate() {
            let Expr::Map(parts) = statement else {
                list.extend(opaque(&canonical(statement), origin));
                continue;
            };
            let get = |name: &str| parts.iter().find(|(key, _)| key == name).map(|(_, value)| value);
            let name = match get("Sid") {
                Some(Expr::Text(sid)) => format!("`{sid}`"),
                _ => format!("statement {}", at + 1),
            };
            let place = get(MARK).and_then(|mark| self.side.place_of_mark(mark));
            let origin = Origin { name, place, ..origin.clone() };
            if let Some(effect @ (Expr::Ref(_) | Expr::GetAtt(..) | Expr::Call(..) | Expr::Unary(..))) =
                get("Effect")
                && let Some(need) = Both::effect(effect, self.world)
            {
                return Err(need);
            }
            match self.statement(parts, variables, &origin) {
                Ok(statements) => list.extend(statements),
                Err(Unread) => {
                    let plain: Vec<_> = parts.iter().filter(|(key, _)| key != MARK).collect();
                    let mut both = opaque(&format!("{variables} {plain:?}"), &origin);
                    for one in &mut both {
                        if let Some(unknown) = &mut one.meaning.unknown {
                            unknown.why =
                                "it may allow and deny anything: it is written in a way that is not read";
                        }
                    }
                    list.extend(both);
                }
            }
        }
        Ok(list)
    }

    fn statement(
        &mut self,
        parts: &[(String, Expr)],
        variables: bool,
        origin: &Origin,
    ) -> Result<Vec<Statement>, Unread> {
        let get = |name: &str| parts.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        let known = [
            "Sid",
            "Effect",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Principal",
            "NotPrincipal",
            "Condition",
            MARK,
        ];
        if parts.iter().any(|(key, _)| !known.contains(&key.as_str())) {
            return Err(Unread);
        }
        let allow = match get("Effect") {
            Some(Expr::Text(effect)) if effect == "Allow" => true,
            Some(Expr::Text(effect)) if effect == "Deny" => false,
            _ => return Err(Unread),
        };
        let (negated, key, actions) = match (get("Action"), get("NotAction")) {
            (Some(actions), None) => (false, "Action", actions),
            (None, Some(actions)) => (true, "NotAction", actions),
            _ => return Err(Unread),
        };
        let written_actions = (key.to_owned(), each(actions));
        let mut globs = Vec::new();
        for action in &written_actions.1 {
            globs.push(self.glob(action, false, Reading::Wild)?.into_iter().map(lower_case).collect());
        }
        let actions = Set::of(negated, globs);
        let mut doubtful = Vec::new();
        let (targets, written_targets) = if self.trust {
            let (negated, key, principals) = match (get("Principal"), get("NotPrincipal")) {
                (Some(principals), None) => (false, "Principal", principals),
                (None, Some(principals)) => (true, "NotPrincipal", principals),
                _ => return Err(Unread),
            };
            if get("Resource").or(get("NotResource")).is_some() {
                return Err(Unread);
            }
            let globs = if negated {
                // IAM takes exceptions of a denial alone.
                if allow {
                    return Err(Unread);
                }
                let excepted;
                (excepted, doubtful) = self.excepted(principals)?;
                excepted
            } else {
                self.principals(principals)?
            };
            (Set::of(negated, globs), (key.to_owned(), shown_principals(principals)))
        } else {
            let (negated, key, resources) = match (get("Resource"), get("NotResource")) {
                (Some(resources), None) => (false, "Resource", resources),
                (None, Some(resources)) => (true, "NotResource", resources),
                _ => return Err(Unread),
            };
            if get("Principal").or(get("NotPrincipal")).is_some() {
                return Err(Unread);
            }
            let written = each(resources);
            let mut globs = Vec::new();
            for resource in &written {
                globs.extend(self.with_variables(resource, variables, Reading::Wild, negated)?);
            }
            (Set::of(negated, globs), (key.to_owned(), written))
        };
        let condition = get("Condition").cloned();
        let lines = match &condition {
            Some(condition) => self.lines(condition, variables)?,
            None => Vec::new(),
        };
        let sure = Statement {
            meaning: Meaning { allow, actions, targets, lines, unknown: None },
            written: Written { actions: written_actions, targets: written_targets, condition },
            origin: origin.clone(),
        };
        if doubtful.is_empty() {
            return Ok(vec![sure]);
        }
        let mut perhaps = sure.clone();
        perhaps.meaning.unknown = Some(Unknown {
            what: format!("denied still {doubtful:?}"),
            why: "`NotPrincipal` names a principal and not its account: IAM may deny it still",
        });
        perhaps.meaning.targets = Set::of(false, doubtful);
        Ok(vec![sure, perhaps])
    }

    /// The names of principals, each with its kind (`AWS`, `Service`, …); `None` for all of them.
    fn names(&mut self, principals: &Expr) -> Result<Option<Vec<(String, Glob)>>, Unread> {
        let kinds = match principals {
            Expr::Text(all) if all == "*" => return Ok(None),
            Expr::Map(kinds) => kinds,
            _ => return Err(Unread),
        };
        let mut list = Vec::new();
        for (kind, names) in kinds {
            for name in each(names) {
                let name = match &name {
                    Expr::Text(id) if kind == "AWS" && is_unique_id(id) => {
                        Expr::Unary(UNIQUE_ID.to_owned(), Box::new(name))
                    }
                    _ => name,
                };
                list.push((kind.clone(), self.glob(&name, false, Reading::Exact)?));
            }
        }
        Ok(Some(list))
    }

    /// The globs of principals.
    fn principals(&mut self, principals: &Expr) -> Result<Vec<Glob>, Unread> {
        let Some(names) = self.names(principals)? else { return Ok(vec![vec![Token::Any]]) };
        let meant = |(kind, name): (String, Glob)| {
            let globs = match everyone_of(&name, self.symbols) {
                _ if kind != "AWS" => vec![name],
                Some(everyone) => everyone,
                None if name == [Token::Char('*')] => vec![vec![Token::Any]],
                None => sessions_of(&name).into_iter().chain([name]).collect(),
            };
            globs.into_iter().map(move |glob| of_kind(&kind, &glob))
        };
        Ok(names.into_iter().flat_map(meant).collect())
    }

    /// The globs of principals that `NotPrincipal` excepts, where an account is its root user alone, and those of them
    /// that are perhaps denied still: nobody is surely excepted whose account is not named as well.
    /// Source: IAM User Guide, "AWS JSON policy elements: NotPrincipal".
    fn excepted(&mut self, principals: &Expr) -> Result<(Vec<Glob>, Vec<Glob>), Unread> {
        let Some(names) = self.names(principals)? else { return Ok((vec![vec![Token::Any]], Vec::new())) };
        let everyone = |name: &Glob| everyone_of(name, self.symbols);
        let accounts: Vec<Glob> = names
            .iter()
            .filter(|(kind, _)| kind == "AWS")
            .filter_map(|(_, name)| everyone(name))
            .flatten()
            .collect();
        let (mut excepted, mut doubtful) = (Vec::new(), Vec::new());
        for (kind, name) in &names {
            excepted.push(of_kind(kind, name));
            let is_sure = kind == "AWS"
                && (everyone(name).is_some() || accounts.iter().any(|account| within(name, account)));
            if is_sure {
                continue;
            }
            doubtful.push(of_kind(kind, name));
            if kind == "AWS" {
                // Its sessions and whatever else the exception may mean are of its account.
                let of_account = everyone_beside(name).ok_or(Unread)?;
                doubtful.extend(of_account.iter().map(|glob| of_kind(kind, glob)));
            }
        }
        // Where all is in doubt that is excepted, the denial of the rest stays sure.
        excepted.extend(doubtful.iter().cloned());
        Ok((excepted, doubtful))
    }

    fn lines(&mut self, condition: &Expr, variables: bool) -> Result<Vec<Line>, Unread> {
        let Expr::Map(operators) = condition else { return Err(Unread) };
        let mut lines = Vec::new();
        for (name, keys) in operators {
            let (Some((quantifier, operator, negated, if_exists, reading)), Expr::Map(keys)) =
                (operator(name), keys)
            else {
                return Err(Unread);
            };
            for (key, values) in keys {
                let mut wanted = Vec::new();
                for value in each(values) {
                    let reading = if operator == Operator::Text { reading } else { Reading::Exact };
                    let text = match &value {
                        Expr::Text(text) => Some(text.clone()),
                        _ => None,
                    };
                    if let Some(glob) = self.with_variables(&value, variables, reading, negated)? {
                        let glob = self.as_read(glob, reading);
                        let text = text.filter(|_| !super::glob::has_symbol(&glob));
                        wanted.push(Wanted { glob, text });
                    }
                }
                wanted.sort();
                wanted.dedup();
                let key = key.to_lowercase();
                // What is compared with itself is the same where it is there.
                let is_itself = |wanted: &Wanted| match wanted.glob.as_slice() {
                    [Token::Symbol(number)] => {
                        matches!(self.symbols.get(*number), Some(Symbol::Variable(of, None)) if *of == key)
                    }
                    _ => false,
                };
                if self.symbols.given.contains(&key) && !negated && wanted.iter().any(is_itself) {
                    continue;
                }
                lines.push(Line { quantifier, operator, negated, if_exists, key, wanted, unknown: None });
            }
        }
        lines.sort();
        lines.dedup();
        Ok(lines)
    }

    /// The globs of a text with policy variables: none where a variable has no value.
    fn with_variables(
        &mut self,
        expr: &Expr,
        variables: bool,
        reading: Reading,
        negated: bool,
    ) -> Result<Option<Glob>, Unread> {
        let glob = self.glob(expr, variables, reading)?;
        let values = self.variables;
        let mut known = Vec::new();
        for token in glob {
            let Token::Symbol(number) = token else {
                known.push(token);
                continue;
            };
            match self.symbols.get(number) {
                Some(Symbol::Variable(key, default)) => match (values.get(key), default) {
                    (Some(Some(value)), _) | (Some(None), Some(value)) => {
                        known.extend(value.chars().map(|c| match reading {
                            Reading::Folded => Token::Fold(c.to_ascii_lowercase()),
                            _ => Token::Char(c),
                        }));
                    }
                    // Whether all but nothing is all, or the statement no longer counts, IAM's documents do not say.
                    (Some(None), None) if negated && !self.trial => known.push(token),
                    (Some(None), None) => return Ok(None),
                    (None, _) => known.push(token),
                },
                _ => known.push(token),
            }
        }
        Ok(Some(known))
    }

    /// A value that is not known is another set of texts where it is a pattern than where it is compared as it is.
    fn as_read(&mut self, glob: Glob, reading: Reading) -> Glob {
        let Some(how) = READ.iter().find(|(known, _)| *known == reading).map(|(_, how)| *how) else {
            return glob;
        };
        let read = |token: Token| {
            let Token::Symbol(number) = token else { return token };
            let value = match self.symbols.get(number) {
                Some(Symbol::Value(Expr::Ref(name))) if is_never_a_pattern(name, reading) => return token,
                Some(Symbol::Value(value)) => value.clone(),
                Some(Symbol::Variable(key, default)) if reading == Reading::Folded || !is_never_wild(key) => {
                    let default = default.as_ref().map(|text| format!(", '{text}'")).unwrap_or_default();
                    Expr::text(format!("${{{key}{default}}}"))
                }
                _ => return token,
            };
            let value = Expr::Unary(how.to_owned(), Box::new(value));
            Token::Symbol(self.symbols.number(Symbol::Value(value)))
        };
        glob.into_iter().map(read).collect()
    }

    fn glob(&mut self, expr: &Expr, variables: bool, reading: Reading) -> Result<Glob, Unread> {
        // Characters, and values that are none.
        let mut parts: Vec<Result<char, Expr>> = Vec::new();
        flat(expr, &mut parts)?;
        let mut glob = Vec::new();
        let mut colons = 0;
        let mut at = 0;
        while let Some(part) = parts.get(at) {
            at += 1;
            let c = match part {
                Ok(c) => *c,
                Err(value) => {
                    if matches!(value, Expr::GetAtt(_, attribute) if attribute.ends_with("Arn")) {
                        colons += 5;
                    }
                    // A parameter may hold policy variables: it is something else where they are read.
                    let value = match value {
                        Expr::Ref(name) if variables && !name.starts_with("AWS::") => {
                            Expr::Unary(WITH_VARIABLES.to_owned(), Box::new(value.clone()))
                        }
                        Expr::GetAtt(of, letters) if letters.starts_with('?') => {
                            glob.extend((0..letters.len()).map(|at| {
                                let letter = Expr::GetAtt(of.clone(), format!("?{at}"));
                                Token::Letter(self.symbols.number(Symbol::Value(letter)))
                            }));
                            continue;
                        }
                        other => other.clone(),
                    };
                    glob.push(Token::Symbol(self.symbols.number(Symbol::Value(value))));
                    continue;
                }
            };
            let opens = |open: &str| {
                open.chars().enumerate().all(|(ahead, c)| parts.get(at - 1 + ahead) == Some(&Ok(c)))
            };
            if variables && opens("${") {
                let inside: Vec<&Result<char, Expr>> =
                    parts.iter().skip(at + 1).take_while(|part| **part != Ok('}')).collect();
                if parts.get(at + 1 + inside.len()) == Some(&Ok('}')) {
                    at += inside.len() + 2;
                    glob.push(match inside.as_slice() {
                        [Ok(c @ ('*' | '?' | '$'))] => Token::Char(*c),
                        inside => {
                            let key: String = inside
                                .iter()
                                .map(|part| match part {
                                    Ok(c) => c.to_string(),
                                    Err(value) => canonical(value),
                                })
                                .collect();
                            // Source: IAM User Guide, "IAM policy elements: Variables and tags",
                            // "Specifying default values": `${key, 'default'}`.
                            let (key, default) =
                                key.split_once(',').map_or((key.as_str(), None), |(key, rest)| {
                                    let rest = rest.trim();
                                    let text =
                                        rest.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
                                    (key, Some(text.unwrap_or(rest).to_owned()))
                                });
                            let key = key.trim().to_lowercase();
                            let default = default.filter(|_| !self.symbols.given.contains(&key));
                            // A pattern, or the letters: IAM's documents do not say.
                            if default.as_ref().is_some_and(|text| text.contains(['*', '?'])) {
                                return Err(Unread);
                            }
                            let symbol = Symbol::Variable(key, default);
                            Token::Symbol(self.symbols.number(symbol))
                        }
                    });
                    continue;
                }
            }
            if opens("{{resolve:") {
                let inside: Vec<String> = parts
                    .iter()
                    .skip(at - 1)
                    .take_while(|part| **part != Ok('}'))
                    .map(|part| match part {
                        Ok(c) => c.to_string(),
                        Err(value) => canonical(value),
                    })
                    .collect();
                at += inside.len() + 1;
                let value = Expr::Unary("resolve".to_owned(), Box::new(Expr::text(inside.concat())));
                glob.push(Token::Symbol(self.symbols.number(Symbol::Value(value))));
                continue;
            }
            if c == ':' {
                colons += 1;
            }
            let in_part = reading == Reading::Arn && colons < 5 && parts.len() > 1;
            glob.push(match (reading, c) {
                (Reading::Exact, c) => Token::Char(c),
                (Reading::Folded, c) => Token::Fold(c.to_ascii_lowercase()),
                (_, '*') if in_part => Token::AnyInPart,
                (_, '?') if in_part => Token::OneInPart,
                (_, '*') => Token::Any,
                (_, '?') => Token::One,
                (_, c) => Token::Char(c),
            });
        }
        glob.dedup_by(|a, b| a == b && *a == Token::Any);
        Ok(glob)
    }
}

/// Whether a pseudo parameter is the same set of texts in whichever way it is read: none has a wildcard, a number has no case.
/// Source: CloudFormation Template Reference, "Pseudo parameters".
fn is_never_a_pattern(name: &str, reading: Reading) -> bool {
    match name {
        "AWS::AccountId" => true,
        "AWS::Partition" | "AWS::Region" | "AWS::URLSuffix" | "AWS::StackName" => reading != Reading::Folded,
        _ => false,
    }
}

/// Whether the value of a policy variable never has `*` or `?` in it. Whether one that has them is then a pattern, IAM's
/// documents do not say.
///
/// Source: what the values are made of. IAM API Reference, `User`, `Tag` (letters, digits, spaces and `_.:/=+-@`); STS API
/// Reference, `AssumeRole`, `ExternalId`, `RoleSessionName`, `SourceIdentity`; git-check-ref-format(1) for the names of branches
/// in a subject.
fn is_never_wild(key: &str) -> bool {
    match key {
        "aws:useragent" | "aws:referer" => false,
        _ => {
            ["aws:", "sts:", "iam:"].iter().any(|service| key.starts_with(service))
                || [":sub", ":aud", ":sourceinstancearn"].iter().any(|end| key.ends_with(end))
        }
    }
}

fn flat(expr: &Expr, parts: &mut Vec<Result<char, Expr>>) -> Result<(), Unread> {
    match expr {
        Expr::Text(text) => parts.extend(text.chars().map(Ok)),
        Expr::Concat(inner) => inner.iter().try_for_each(|part| flat(part, parts))?,
        Expr::Ref(_) | Expr::GetAtt(..) | Expr::Call(..) | Expr::Unary(..) => parts.push(Err(expr.clone())),
        _ => return Err(Unread),
    }
    Ok(())
}

fn lower_case(token: Token) -> Token {
    match token {
        Token::Char(c) => Token::Char(c.to_ascii_lowercase()),
        other => other,
    }
}

fn chars(text: &str) -> Glob {
    text.chars().map(Token::Char).collect()
}

/// The glob of a principal, from its kind and its name.
fn of_kind(kind: &str, name: &Glob) -> Glob {
    [chars(&format!("{kind}:")), name.clone()].concat()
}

/// Everyone in an account: users and roles, and the sessions of both.
fn everyone(account: &[Token]) -> Vec<Glob> {
    let of = |service: &str| {
        // Where the account is a value, the partition mostly is: that is within it only where any text is.
        let is_written = account.iter().all(|token| matches!(token, Token::Char(_)));
        let partition = [if is_written { Token::AnyInPart } else { Token::Any }];
        [chars("arn:").as_slice(), &partition, &chars(service), account, &chars(":"), &[Token::Any]].concat()
    };
    vec![of(":iam::"), of(":sts::")]
}

/// The sessions of a role, by its ARN: what is granted to a role is granted to them.
/// Source: IAM User Guide, "AWS JSON policy elements: Principal", "IAM role principals".
fn sessions_of(arn: &[Token]) -> Option<Glob> {
    let (iam, role) = (chars(":iam::"), chars(":role/"));
    let find = |text: &Glob| arn.windows(text.len()).position(|window| window == text.as_slice());
    let (service, kind) = (find(&iam)?, find(&role)?);
    let account = arn.get(service + iam.len()..kind)?;
    let path = arn.get(kind + role.len()..)?;
    let at = path.iter().rposition(|token| *token == Token::Char('/')).map_or(0, |at| at + 1);
    let name = path.get(at..)?;
    let start = [arn.get(..service)?, &chars(":sts::"), account, &chars(":assumed-role/"), name].concat();
    Some([start.as_slice(), &[Token::Char('/'), Token::One, Token::Any]].concat())
}

/// Everyone in the account of a user, a role or a session, by its ARN.
fn everyone_beside(arn: &[Token]) -> Option<Vec<Glob>> {
    let mut parts = arn.split(|token| *token == Token::Char(':'));
    let sign = parts.next()?;
    let account = parts.nth(3)?;
    (sign == chars("arn") && !account.is_empty() && parts.next().is_some()).then(|| everyone(account))
}

/// Everyone in an account, where a principal is one. Source: IAM User Guide, "AWS JSON policy elements: Principal": the
/// account's number and the ARN of its root mean the same.
fn everyone_of(glob: &[Token], symbols: &Symbols) -> Option<Vec<Glob>> {
    let is_account = match glob {
        [Token::Symbol(number)] => {
            matches!(symbols.get(*number), Some(Symbol::Value(Expr::Ref(name))) if name == "AWS::AccountId")
        }
        _ => {
            glob.len() == 12 && glob.iter().all(|token| matches!(token, Token::Char(c) if c.is_ascii_digit()))
        }
    };
    if is_account {
        return Some(everyone(glob));
    }
    let (sign, iam, root) = (chars("arn:"), chars(":iam::"), chars(":root"));
    let rest = glob.strip_suffix(root.as_slice()).filter(|_| glob.starts_with(&sign))?;
    let at = rest.windows(iam.len()).position(|window| *window == iam)?;
    rest.get(at + iam.len()..).map(everyone)
}

/// One value, or each of several; a list in a list is its items.
fn each(value: &Expr) -> Vec<Expr> {
    match value {
        Expr::List(items) => items.iter().flat_map(each).collect(),
        one => vec![one.clone()],
    }
}

fn shown_principals(value: &Expr) -> Vec<Expr> {
    match value {
        Expr::Map(kinds) => kinds
            .iter()
            .flat_map(|(kind, names)| {
                each(names).into_iter().map(move |name| Expr::concat([Expr::text(format!("{kind} ")), name]))
            })
            .collect(),
        one => vec![one.clone()],
    }
}

fn flatten<'e>(list: &'e [Expr], flat: &mut Vec<&'e Expr>) {
    for item in list {
        match item {
            Expr::List(inner) => flatten(inner, flat),
            other => flat.push(other),
        }
    }
}

/// What is not understood may allow and deny anything: both, each with a name of its own.
pub(super) fn opaque(what: &str, origin: &Origin) -> Vec<Statement> {
    [true, false]
        .map(|allow| Statement {
            meaning: Meaning {
                allow,
                actions: Set::everything(),
                targets: Set::everything(),
                lines: Vec::new(),
                unknown: Some(Unknown {
                    what: what.to_owned(),
                    why: "it may allow and deny anything: what it says is not in the template",
                }),
            },
            written: Written::default(),
            origin: origin.clone(),
        })
        .to_vec()
}

/// A statement that applies to everything.
pub(super) fn blanket(allow: bool, origin: &Origin) -> Statement {
    let all = |key: &str| (key.to_owned(), vec![Expr::text("*")]);
    Statement {
        meaning: Meaning {
            allow,
            actions: Set::everything(),
            targets: Set::everything(),
            lines: Vec::new(),
            unknown: None,
        },
        written: Written { actions: all("Action"), targets: all("Resource"), condition: None },
        origin: origin.clone(),
    }
}

/// A document that is given as text, with values in it that are not known.
pub(super) fn from_text(expr: &Expr) -> Option<Expr> {
    let mut values: Vec<Expr> = Vec::new();
    let mut text = String::new();
    let parts = match expr {
        Expr::Concat(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    for part in parts {
        match part {
            Expr::Text(part) => text.push_str(part),
            value => {
                // A parameter could close the text that it stands in.
                if matches!(value, Expr::Ref(name) if !name.starts_with("AWS::")) {
                    return None;
                }
                text.push(char::from_u32(0xE000 + u32::try_from(values.len()).ok()?)?);
                values.push(value.clone());
            }
        }
    }
    // Of a key that stands twice nobody knows which counts.
    if crate::syntax::parse(&text).diagnostics.iter().any(|found| found.code == Code::SYN002) {
        return None;
    }
    let json: serde_json::Value = serde_json::from_str(&text).ok()?;
    // What a key is called, as one of a condition, a value decides.
    (!has_computed_key(&json)).then(|| of_json(&json, &values))
}

fn has_computed_key(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::Object(map) => map.iter().any(|(key, value)| {
            key.contains(|c| ('\u{e000}'..='\u{f8ff}').contains(&c)) || has_computed_key(value)
        }),
        serde_json::Value::Array(items) => items.iter().any(has_computed_key),
        _ => false,
    }
}

fn of_json(json: &serde_json::Value, values: &[Expr]) -> Expr {
    use serde_json::Value;
    match json {
        Value::String(text) => Expr::concat(text.chars().map(|c| {
            let at = u32::from(c).checked_sub(0xE000).map(|at| at as usize);
            at.and_then(|at| values.get(at).cloned()).unwrap_or_else(|| Expr::text(c))
        })),
        Value::Array(items) => Expr::List(items.iter().map(|item| of_json(item, values)).collect()),
        Value::Object(map) => {
            Expr::Map(map.iter().map(|(key, value)| (key.clone(), of_json(value, values))).collect())
        }
        other => Expr::text(other.to_string()),
    }
}

/// Whether a value of a mapping is there.
pub(crate) fn entry<'e>(expr: &'e Expr, key: &str) -> Option<&'e Expr> {
    entries(Some(expr)).iter().find(|(name, _)| name == key).map(|(_, value)| value)
}
