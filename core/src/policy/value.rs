//! Values for what a template does not know, so that a request can be tried for real.

use std::collections::{BTreeMap, BTreeSet};

use super::side::Side;
use super::world::{Both, Choice, OTHER, Which, World, canonical, default, default_of, entries, is_list};
use crate::expression::Expr;
use crate::normal::{Names, normal};

/// The type of a resource of either template.
fn kind_of<'b>(both: &'b Both, name: &str) -> Option<&'b str> {
    let item = both.new.resources.get(name).or_else(|| both.old.resources.get(name));
    item.map(|item| item.kind.as_str())
}

/// How values are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taste {
    /// Each another one.
    Apart,
    /// The defaults, where there are some.
    Defaults,
    /// One for all parameters.
    Alike,
}

/// Values of one try.
#[derive(Clone, Debug)]
pub(super) struct Values {
    taste: Taste,
    partition: &'static str,
    /// The name of the stack, with which names begin that CloudFormation makes.
    stack: String,
    world: World,
    known: BTreeMap<String, String>,
    /// Parameters that were asked for, with their values.
    pub(super) parameters: BTreeMap<String, String>,
}

/// The account of the tries. Source: the one in AWS's documentation.
const ACCOUNT: &str = "111122223333";

impl Values {
    pub(super) fn new(taste: Taste, partition: &'static str, world: &World) -> Self {
        let mut values = Self {
            taste,
            partition,
            stack: "stack".to_owned(),
            world: world.clone(),
            known: BTreeMap::new(),
            parameters: BTreeMap::new(),
        };
        for (about, choice) in world.choices.values() {
            if let (Expr::Ref(name), Choice::Is(text)) = (about, choice) {
                values.parameters.insert(name.trim_end_matches(OTHER).to_owned(), text.clone());
            }
        }
        values
    }

    /// The same with another name of the stack, which is told.
    pub(super) fn of_stack(mut self, stack: &str) -> Self {
        stack.clone_into(&mut self.stack);
        self.parameters.entry("AWS::StackName".to_owned()).or_insert_with(|| stack.to_owned());
        self
    }

    /// The value with all that is not known put in; the reason where nothing can be.
    pub(super) fn concrete(&mut self, both: &Both, which: Which, expr: &Expr) -> Result<Expr, String> {
        let names = Names { substitute: &|_| None, condition: &|_| None, name_index: &|_| None };
        let filled = normal(&self.fill(both, which, expr)?, &names);
        // What could not be computed after all is some text.
        let mut rest = Vec::new();
        filled.walk(&mut |part| {
            if matches!(part, Expr::Call(..))
                || matches!(part, Expr::Unary(name, _) if name != "ToJsonString")
            {
                rest.push(part.clone());
            }
        });
        if rest.is_empty() {
            return Ok(filled);
        }
        let texts: BTreeMap<String, String> =
            rest.iter().map(|part| (canonical(part), self.some("value", &canonical(part)))).collect();
        let put = |part: &Expr| texts.get(&canonical(part)).map(Expr::text);
        Ok(normal(&filled.replaced(&put), &names))
    }

    fn fill(&mut self, both: &Both, which: Which, expr: &Expr) -> Result<Expr, String> {
        Ok(match expr {
            Expr::Ref(name) => {
                let text = self.reference(both, name)?;
                if is_list(both.side(which), name.trim_end_matches(OTHER)) {
                    Expr::List(text.split(',').map(|item| Expr::text(item.trim())).collect())
                } else {
                    Expr::text(text)
                }
            }
            Expr::GetAtt(name, attribute) => Expr::text(self.attribute(both, name, attribute)),
            Expr::Concat(parts) => Expr::concat(self.each(both, which, parts)?),
            Expr::List(parts) => Expr::List(self.each(both, which, parts)?),
            Expr::Map(parts) => {
                let mut list = Vec::with_capacity(parts.len());
                for (key, value) in parts {
                    list.push((key.clone(), self.fill(both, which, value)?));
                }
                Expr::Map(list)
            }
            Expr::Named(_, inner) => self.fill(both, which, inner)?,
            Expr::Unary(name, inner) => Expr::Unary(name.clone(), Box::new(self.fill(both, which, inner)?)),
            Expr::Call(name, parts) if name == "FindInMap" => {
                let parts = self.each(both, which, parts)?;
                let [Expr::Text(mapping), Expr::Text(first), Expr::Text(second), ..] = parts.as_slice()
                else {
                    return Err("a mapping is looked up by what is not known".to_owned());
                };
                let table = both.side(which).mappings.get(mapping.trim_end_matches(OTHER));
                let row = entries(table).iter().find(|(key, _)| key == first).map(|(_, row)| row);
                match entries(row).iter().find(|(key, _)| key == second) {
                    Some((_, value)) => self.fill(both, which, value)?,
                    None if default_of(&parts).is_some() => {
                        self.fill(both, which, default_of(&parts).unwrap_or(expr))?
                    }
                    None => return Err(format!("the mapping `{mapping}` has no such entry")),
                }
            }
            Expr::Call(name, _) if name.starts_with("Transform") => {
                return Err("a transform computes it".to_owned());
            }
            Expr::Call(name, parts) => Expr::Call(name.clone(), self.each(both, which, parts)?),
            Expr::Text(_) | Expr::Plain(_) | Expr::Source(_) => expr.clone(),
        })
    }

    fn each(&mut self, both: &Both, which: Which, parts: &[Expr]) -> Result<Vec<Expr>, String> {
        parts.iter().map(|part| self.fill(both, which, part)).collect()
    }

    /// A text of its own for each key.
    fn some(&mut self, stem: &str, key: &str) -> String {
        let number = self.known.len() + 1;
        self.known.entry(key.to_owned()).or_insert_with(|| format!("{stem}-{number}")).clone()
    }

    /// What a name stands for.
    pub(super) fn reference(&mut self, both: &Both, name: &str) -> Result<String, String> {
        let plain = name.trim_end_matches(OTHER);
        let pseudo = match plain {
            "AWS::AccountId" => Some(ACCOUNT.to_owned()),
            "AWS::Partition" => Some(self.partition.to_owned()),
            "AWS::Region" if self.partition == "aws-cn" => Some("cn-north-1".to_owned()),
            "AWS::Region" => Some("us-east-1".to_owned()),
            "AWS::URLSuffix" if self.partition == "aws-cn" => Some("amazonaws.com.cn".to_owned()),
            "AWS::URLSuffix" => Some("amazonaws.com".to_owned()),
            "AWS::StackName" => Some(self.stack.clone()),
            "AWS::StackId" => Some(format!(
                "arn:{}:cloudformation:us-east-1:{ACCOUNT}:stack/{}/1",
                self.partition, self.stack
            )),
            _ => None,
        };
        if let Some(text) = pseudo {
            if let Some((_, Choice::Is(is))) = self.world.choices.get(&canonical(&Expr::reference(plain))) {
                return Ok(is.clone());
            }
            if let Some((_, Choice::Not(not))) = self.world.choices.get(&canonical(&Expr::reference(plain)))
                && not.contains(&text)
            {
                return Err(format!("`{plain}` is another"));
            }
            self.parameters.insert(plain.to_owned(), text.clone());
            return Ok(text);
        }
        if both.old.parameters.contains_key(plain) || both.new.parameters.contains_key(plain) {
            return self.parameter(both, plain);
        }
        Ok(match kind_of(both, plain) {
            Some("AWS::IAM::ManagedPolicy") => self.arn("policy", name),
            _ => format!("{}-{}-1A2B3C", self.stack, shown_name(both, name)),
        })
    }

    fn arn(&self, noun: &str, name: &str) -> String {
        let name = name.replace(OTHER, "New");
        format!("arn:{}:iam::{ACCOUNT}:{noun}/{}-{name}-1A2B3C", self.partition, self.stack)
    }

    fn attribute(&mut self, both: &Both, name: &str, attribute: &str) -> String {
        let plain = name.trim_end_matches(OTHER);
        match (kind_of(both, plain), attribute) {
            (Some("AWS::IAM::Role"), "Arn") => self.arn("role", name),
            (Some("AWS::IAM::User"), "Arn") => self.arn("user", name),
            (Some("AWS::IAM::Group"), "Arn") => self.arn("group", name),
            (Some("AWS::IAM::ManagedPolicy"), "PolicyArn") => self.arn("policy", name),
            (Some("AWS::S3::Bucket"), "Arn") => {
                format!("arn:{}:s3:::stack-{}-1a2b3c", self.partition, plain.to_lowercase())
            }
            (_, "Arn") => {
                format!("arn:{}:service:us-east-1:{ACCOUNT}:{}", self.partition, shown_name(both, name))
            }
            // What a service makes of an ARN, letter by letter or in a part, and what another property names.
            (_, made) if made.starts_with('?') => "a1b2c3".chars().cycle().take(made.len()).collect(),
            (_, "*") => "1".to_owned(),
            (_, named) if named.starts_with('.') => {
                format!("stack-{}-1A2B3C", named.trim_start_matches('.'))
            }
            _ => format!("stack-{}-{attribute}", shown_name(both, name)),
        }
    }

    /// A value that both templates accept.
    fn parameter(&mut self, both: &Both, name: &str) -> Result<String, String> {
        if let Some(known) = self.parameters.get(name) {
            return Ok(known.clone());
        }
        let mut not: BTreeSet<&String> = BTreeSet::new();
        for (about, choice) in self.world.choices.values() {
            if let (Expr::Ref(about), Choice::Not(texts)) = (about, choice)
                && about.trim_end_matches(OTHER) == name
            {
                not.extend(texts);
            }
        }
        let of_default = default(&both.new, name).and_then(|value| match value {
            Expr::Text(text) => Some(text),
            _ => None,
        });
        let lower = name.to_lowercase();
        let mut candidates: Vec<String> = match self.taste {
            Taste::Apart => vec![format!("{lower}-value")],
            Taste::Alike => vec!["one-value".to_owned()],
            Taste::Defaults => of_default.iter().cloned().collect(),
        };
        candidates.extend(both.allowed(Which::New, &Expr::reference(name)).into_iter().flatten());
        candidates.push(format!("{lower}-value"));
        candidates.extend(of_default);
        let number = self.known.len() + self.parameters.len();
        candidates.push(format!("{:012}", 222_233_334_444_u64 + number as u64));
        candidates.extend(
            [
                "x",
                "1",
                "10.0.0.0/16",
                "us-east-1",
                "true",
                "false",
                "arn:aws:iam::111122223333:role/example",
                "arn:aws:s3:::example",
                "arn:aws:iam::111122223333:policy/example",
            ]
            .map(str::to_owned),
        );
        let fits = |text: &String| {
            !not.contains(text) && accepts(&both.old, name, text) && accepts(&both.new, name, text)
        };
        let Some(value) = candidates.into_iter().find(fits) else {
            return Err(format!("no value of the parameter `{name}` is known that it accepts"));
        };
        self.parameters.insert(name.to_owned(), value.clone());
        Ok(value)
    }
}

fn shown_name(both: &Both, name: &str) -> String {
    let plain = name.trim_end_matches(OTHER);
    let is_iam = both.new.resources.get(plain).is_some_and(|item| item.kind.starts_with("AWS::IAM::"));
    // A resource of IAM that has another name has another value; of others that is not known.
    if is_iam { name.replace(OTHER, "New") } else { plain.to_owned() }
}

/// Whether a template accepts a value for a parameter; one that it does not have accepts all.
pub(super) fn accepts(side: &Side, name: &str, text: &str) -> bool {
    let Some(declaration) = side.parameters.get(name) else { return true };
    let get = |key: &str| {
        entries(Some(declaration)).iter().find(|(name, _)| name == key).and_then(|(_, value)| match value {
            Expr::Text(text) | Expr::Plain(text) => Some(text.as_str()),
            _ => None,
        })
    };
    let number = |key: &str| get(key).and_then(|text| text.parse::<f64>().ok());
    let length = text.chars().count();
    #[expect(clippy::cast_precision_loss, reason = "a parameter has at most 4,096 bytes")]
    let length = length as f64;
    if number("MinLength").is_some_and(|least| length < least)
        || number("MaxLength").is_some_and(|most| length > most)
    {
        return false;
    }
    if get("Type") == Some("Number") {
        let Ok(value) = text.parse::<f64>() else { return false };
        if number("MinValue").is_some_and(|least| value < least)
            || number("MaxValue").is_some_and(|most| value > most)
        {
            return false;
        }
    }
    if let Some(pattern) = get("AllowedPattern")
        && !regex_lite::Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|pattern| pattern.is_match(text))
    {
        return false;
    }
    match entries(Some(declaration)).iter().find(|(key, _)| key == "AllowedValues") {
        Some((_, Expr::List(list))) => {
            list.iter().any(|item| matches!(item, Expr::Text(one) | Expr::Plain(one) if one == text))
        }
        Some(_) => false,
        None => true,
    }
}
