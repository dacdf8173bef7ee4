//! Who has which policies.

use std::collections::BTreeMap;

use super::decide::{Fixed, Powers};
use super::gift;
use super::side::{Item, Side};
use super::spelled::spelled;
use super::statement::{Origin, Reader, Statement, Symbols, Unknown, blanket, entry, opaque};
use super::value::Values;
use super::world::{Both, Need, OTHER, Which, World, canonical};
use crate::expression::Expr;
use crate::facts::is_dynamic;
use crate::text::one_line;

/// Someone who may do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// A role, user or group of the template; a managed policy, for whoever it is attached to.
    Own(Kind, String),
    /// One that the template names and does not declare.
    Outside(Kind, Expr),
}

/// Managed policies of AWS that deny nothing: to take one away narrows.
/// Source: AWS Managed Policy Reference, their documents have `Allow` alone.
const ALLOWS_ONLY: [&str; 24] = [
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaDynamoDBExecutionRole",
    "AWSLambdaENIManagementAccess",
    "AWSLambdaKinesisExecutionRole",
    "AWSLambdaMSKExecutionRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AWSXRayDaemonWriteAccess",
    "AdministratorAccess",
    "AmazonDynamoDBFullAccess",
    "AmazonDynamoDBReadOnlyAccess",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonECSTaskExecutionRolePolicy",
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonSNSFullAccess",
    "AmazonSQSFullAccess",
    "AmazonSSMManagedInstanceCore",
    "CloudWatchAgentServerPolicy",
    "IAMFullAccess",
    "PowerUserAccess",
    "ReadOnlyAccess",
];

impl Subject {
    /// Whose requests they are: the kind, and the name where the template declares it.
    pub(super) fn who(&self) -> Option<(Kind, String)> {
        Some(match self {
            Self::Own(kind, name) => (*kind, name.clone()),
            Self::Outside(kind, _) => (*kind, String::new()),
        })
    }

    /// What the template calls it.
    fn called(&self) -> String {
        match self {
            Self::Own(_, name) => name.clone(),
            Self::Outside(_, expr) => super::words::value(expr),
        }
    }
}

/// What a subject is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Role,
    User,
    Group,
    Policy,
}

impl Kind {
    pub(super) fn of_type(kind: &str) -> Option<Self> {
        Some(match kind {
            "AWS::IAM::Role" => Self::Role,
            "AWS::IAM::User" => Self::User,
            "AWS::IAM::Group" => Self::Group,
            "AWS::IAM::ManagedPolicy" => Self::Policy,
            _ => return None,
        })
    }

    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::User => "user",
            Self::Group => "group",
            Self::Policy => "managed policy",
        }
    }

    pub(super) fn name_property(self) -> &'static str {
        match self {
            Self::Role => "RoleName",
            Self::User => "UserName",
            Self::Group => "GroupName",
            Self::Policy => "ManagedPolicyName",
        }
    }

    fn list(self) -> &'static str {
        match self {
            Self::Role => "Roles",
            Self::User => "Users",
            _ => "Groups",
        }
    }
}

/// Why something was not computed.
pub(super) enum Stop {
    /// The case has to say more.
    Need(Need),
    /// No values are known that the template accepts: why.
    NoValue(String),
}

impl From<Need> for Stop {
    fn from(need: Need) -> Self {
        Self::Need(need)
    }
}

/// A document with the account in the place of policy variables that always stand for it, where it has any variable: whoever has a policy is of the
/// stack's account, and so is the role that a trust is about.
///
/// Source: IAM User Guide, "AWS global condition context keys", `aws:PrincipalAccount`, `aws:ResourceAccount`; "Identity-based
/// policies": they are attached to identities of the account.
fn with_own_account(document: &Expr, trust: bool) -> Option<Expr> {
    let Expr::Map(parts) = document else { return None };
    let knows = |(key, value): &(String, Expr)| key == "Version" && *value == Expr::text("2012-10-17");
    let mut has_variables = false;
    document.walk(&mut |part| has_variables |= matches!(part, Expr::Text(text) if text.contains("${")));
    if !has_variables || !parts.iter().any(knows) {
        return None;
    }
    let variable = if trust { "${aws:resourceaccount}" } else { "${aws:principalaccount}" };
    Some(document.replaced(&|part| {
        let Expr::Text(text) = part else { return None };
        let lower = text.to_ascii_lowercase();
        let mut at = 0;
        let mut list = Vec::new();
        for (found, _) in lower.match_indices(variable) {
            list.push(Expr::text(text.get(at..found).unwrap_or_default()));
            list.push(Expr::reference("AWS::AccountId"));
            at = found + variable.len();
        }
        (at > 0).then(|| {
            list.push(Expr::text(text.get(at..).unwrap_or_default()));
            Expr::concat(list)
        })
    }))
}

/// A template in a case, with values of what it does not know or without.
pub(super) struct Case<'c> {
    pub(super) both: &'c Both,
    pub(super) which: Which,
    pub(super) world: &'c World,
    pub(super) symbols: &'c mut Symbols,
    pub(super) values: Option<&'c mut Values>,
    pub(super) variables: &'c Fixed,
    /// Whether only these templates count: not what else a policy's holders may be allowed.
    pub(super) alone: bool,
}

impl<'c> Case<'c> {
    fn side(&self) -> &'c Side {
        self.both.side(self.which)
    }

    pub(super) fn value(&self, expr: &Expr) -> Result<Expr, Stop> {
        Ok(self.both.value(self.which, expr, self.world)?)
    }

    /// Whether a resource exists in this case.
    pub(super) fn exists(&self, item: &Item) -> Result<bool, Stop> {
        Ok(match &item.condition {
            Some(condition) => self.both.condition(self.which, condition, self.world)?,
            None => true,
        })
    }

    fn own(&self, name: &str, kind: Kind) -> Option<&'c Item> {
        let item = self.side().resources.get(name)?;
        (Kind::of_type(&item.kind) == Some(kind)).then_some(item)
    }

    /// The value in this case, spelled out; in a trial without anything that is not known.
    pub(super) fn resolved(&mut self, expr: &Expr) -> Result<Expr, Stop> {
        let read = |value: &Expr| self.value(value).ok();
        let value = self.value(expr)?;
        let written = spelled(self.side(), &value, &read);
        let value = if written == value { value } else { self.value(&written)? };
        match &mut self.values {
            Some(values) => values.concrete(self.both, self.which, &value).map_err(Stop::NoValue),
            None => Ok(value),
        }
    }

    pub(super) fn document(
        &mut self,
        document: &Expr,
        origin: &Origin,
        trust: bool,
    ) -> Result<Vec<Statement>, Stop> {
        let own = with_own_account(document, trust);
        let document = self.resolved(own.as_ref().unwrap_or(document))?;
        let mut reader = Reader {
            symbols: self.symbols,
            side: self.both.side(self.which),
            world: self.world,
            variables: self.variables,
            trust,
            trial: self.values.is_some(),
        };
        Ok(reader.document(&document, origin)?)
    }

    /// Whether an item of a list of names stands for a resource of ours; `None` where a value decides that is not
    /// known.
    fn is(&self, item: &Expr, kind: Kind, name: &str) -> Result<Option<bool>, Stop> {
        if let Expr::Ref(reference) = item
            && self.side().resources.contains_key(reference.trim_end_matches(OTHER))
        {
            return Ok(Some(reference.trim_end_matches(OTHER) == name));
        }
        let Some(own) = self.own(name, kind) else { return Ok(Some(false)) };
        let explicit = own.property(kind.name_property()).map(|explicit| self.value(explicit)).transpose()?;
        Ok(match (explicit.as_ref(), item) {
            (Some(explicit), item) if explicit == item => Some(true),
            (Some(explicit), item) if never_equal(explicit, item) => Some(false),
            // CloudFormation puts letters and digits of its own in a name that it makes: no template writes it out.
            (None, Expr::Text(text)) if !is_dynamic(text) => Some(false),
            // A trial's values are each another one.
            _ if self.values.is_some() => Some(false),
            _ => None,
        })
    }

    /// Whether a list of names names the subject; `None` where a value decides that is not known.
    fn names(&self, list: &Expr, kind: Kind, subject: &Subject) -> Result<Option<bool>, Stop> {
        let list = self.value(list)?;
        let mut result = Some(false);
        for item in leaves(&list) {
            let is = match subject {
                Subject::Own(_, name) => self.is(item, kind, name)?,
                // Its name is the old template's, also where the new one has another value there.
                Subject::Outside(_, wanted) => {
                    let wanted = self.both.value(Which::Old, wanted, self.world)?;
                    Some(canonical(&wanted) == canonical(item))
                }
            };
            match is {
                Some(true) => return Ok(Some(true)),
                Some(false) => {}
                None => result = None,
            }
        }
        Ok(result)
    }

    /// What policies say that may be the subject's or not.
    fn perhaps(statements: &mut [Statement], policy: &str, list: &Expr) {
        for statement in statements.iter_mut().filter(|statement| statement.meaning.unknown.is_none()) {
            let what = format!("{policy} is attached to {}", canonical(list));
            let why = "whom it is attached to is not in the template";
            statement.meaning.unknown = Some(Unknown { what, why });
        }
    }

    /// What the update may take from its holder, although the new template gives it still.
    fn perhaps_taken(&self, holder: &str, gift: &str, statements: &mut [Statement]) {
        let is_taken = self.both.perhaps_taken.contains(&(holder.to_owned(), gift.to_owned()));
        for statement in statements.iter_mut().filter(|_| is_taken && self.which == Which::New) {
            let known = statement.meaning.unknown.take().map(|unknown| unknown.what).unwrap_or_default();
            statement.meaning.unknown = Some(Unknown {
                what: format!("{known} {gift} is taken from {holder}"),
                why: "it is given in two ways, and one of them goes: that may take away what the other gives",
            });
        }
    }

    /// What loops may give to anyone that cannot be written out.
    fn of_loops(&self, powers: &mut Powers) -> Result<(), Stop> {
        for (section, expr) in self.side().open_loops() {
            let mut attaches = false;
            expr.walk(&mut |part| {
                attaches |= entry(part, "Type").is_some_and(|kind| match kind {
                    Expr::Text(kind) | Expr::Plain(kind) => ATTACHING.contains(&kind.as_str()),
                    _ => true,
                });
            });
            if section == "Resources" && attaches {
                let policy = "loop over values that are not written in the template".to_owned();
                let origin = Origin { resource: "Resources".to_owned(), policy, ..Origin::default() };
                powers.statements.extend(opaque(&canonical(&self.value(expr)?), &origin));
            }
        }
        Ok(())
    }

    /// Of two inline policies of one name only one stands, and the template does not say which.
    /// Source: IAM API Reference, `PutRolePolicy`: a policy of the name is replaced.
    fn overwritten(&self, named: &[Named], powers: &mut Powers) {
        for (at, one) in named.iter().enumerate() {
            let clash = named
                .iter()
                .enumerate()
                .any(|(other, another)| other != at && !never_equal(&one.name, &another.name));
            let statements = powers.statements.get_mut(one.statements.clone()).unwrap_or_default();
            for statement in statements.iter_mut().filter(|_| clash) {
                let what = format!("{:?} {} is overwritten", self.which, canonical(&one.name));
                let why = "another policy of the same holder has, had or may have its name, and only one of them stands";
                statement.meaning.unknown = Some(Unknown { what, why });
            }
        }
    }

    /// What someone may do; `None` where they do not exist.
    pub(super) fn powers(&mut self, subject: &Subject) -> Result<Option<Powers>, Stop> {
        let mut powers = Powers::default();
        match subject {
            Subject::Own(kind, name) => {
                let Some(item) = self.own(name, *kind) else { return Ok(None) };
                if !self.exists(item)? {
                    return Ok(None);
                }
                self.of_own(*kind, name, item, &mut powers)?;
                if *kind != Kind::Policy {
                    self.of_loops(&mut powers)?;
                }
                // A witness is about what these templates allow.
                if !self.alone && self.stands_alone(*kind, name) {
                    powers.statements.extend(beyond(&format!("whoever has `{name}`"), name));
                }
            }
            Subject::Outside(kind, expr) => {
                let shown = super::words::value(expr);
                if !self.alone {
                    powers.statements.extend(beyond(&format!("the {} `{shown}`", kind.noun()), &shown));
                }
                let mut named = Vec::new();
                self.attached(*kind, subject, &mut powers, &mut named)?;
                self.deleted(*kind, subject, &mut named)?;
                self.overwritten(&named, &mut powers);
                if *kind == Kind::User {
                    self.groups(subject, None, &mut powers)?;
                }
                self.of_loops(&mut powers)?;
            }
        }
        Ok(Some(powers))
    }

    /// Whether nobody in either template has the group or managed policy: it is made for others.
    fn stands_alone(&self, kind: Kind, name: &str) -> bool {
        if !matches!(kind, Kind::Group | Kind::Policy) {
            return false;
        }
        // Nobody has yet what is new.
        if [&self.both.old, &self.both.new].iter().any(|side| !side.resources.contains_key(name)) {
            return false;
        }
        let has_members = |side: &Side| {
            side.resources.values().any(|item| {
                let lists = ["Groups", "GroupName"].iter().filter_map(|property| item.property(property));
                let mut found = false;
                for value in lists {
                    value.walk(&mut |part| found |= refers(part, name));
                }
                found
            })
        };
        let is_had =
            |side: &Side| if kind == Kind::Policy { has_holder(side, name) } else { has_members(side) };
        // Others may have what is given out, or what something else than IAM is told of.
        let is_told = |side: &Side| {
            let mut found = false;
            let explicit = side
                .resources
                .get(name)
                .and_then(|item| item.property(kind.name_property()))
                .filter(|explicit| matches!(explicit, Expr::Text(_)));
            let mut look = |part: &Expr| found |= refers(part, name) || Some(part) == explicit;
            side.outputs.values().for_each(|output| output.walk(&mut look));
            side.open_loops().for_each(|(_, expr)| expr.walk(&mut look));
            let others = side.resources.values().filter(|item| !item.kind.starts_with("AWS::IAM::"));
            others.for_each(|item| item.whole.walk(&mut look));
            found
        };
        (!is_had(&self.both.old) && !is_had(&self.both.new))
            || is_told(&self.both.old)
            || is_told(&self.both.new)
    }

    fn of_own(&mut self, kind: Kind, name: &str, item: &'c Item, powers: &mut Powers) -> Result<(), Stop> {
        if item.rewritten {
            let origin = Origin { resource: name.to_owned(), ..Origin::default() };
            powers.statements.extend(opaque(&canonical(&self.value(&item.whole)?), &origin));
        }
        if kind == Kind::Policy {
            if let Some(document) = item.property("PolicyDocument") {
                let origin = Origin { resource: name.to_owned(), ..Origin::default() };
                powers.statements.extend(self.document(document, &origin, false)?);
            }
            return Ok(());
        }
        if let Some(whole) = item.property("Properties") {
            let origin = Origin { resource: name.to_owned(), ..Origin::default() };
            powers.statements.extend(opaque(&canonical(&self.value(whole)?), &origin));
        }
        let mut named = Vec::new();
        if let Some(policies) = item.property("Policies") {
            self.inline(name, policies, powers, &mut named)?;
        }
        if let Some(arns) = item.property("ManagedPolicyArns") {
            let arns = self.value(arns)?;
            for arn in leaves(&arns) {
                let mut statements = self.managed(arn, name)?;
                self.perhaps_taken(name, &gift::called(self.side(), arn), &mut statements);
                powers.statements.extend(statements);
            }
        }
        if let Some(boundary) = item.property("PermissionsBoundary") {
            let boundary = self.value(boundary)?;
            if !is_no_value(&boundary) {
                powers.boundary = Some(self.managed(&boundary, name)?);
            }
        }
        self.attached(kind, &Subject::Own(kind, name.to_owned()), powers, &mut named)?;
        self.deleted(kind, &Subject::Own(kind, name.to_owned()), &mut named)?;
        self.moved_out(name, &mut named)?;
        self.overwritten(&named, powers);
        if kind == Kind::User {
            self.groups(&Subject::Own(kind, name.to_owned()), item.property("Groups"), powers)?;
        }
        Ok(())
    }

    fn inline(
        &mut self,
        name: &str,
        policies: &Expr,
        powers: &mut Powers,
        named: &mut Vec<Named>,
    ) -> Result<(), Stop> {
        let policies = self.value(policies)?;
        for (at, policy) in leaves(&policies).into_iter().enumerate() {
            let label = match entry(policy, "PolicyName") {
                Some(Expr::Text(label)) => format!("inline policy `{}`", one_line(label)),
                _ => format!("inline policy {}", at + 1),
            };
            let origin = Origin { resource: name.to_owned(), policy: label, ..Origin::default() };
            let start = powers.statements.len();
            match (policy, entry(policy, "PolicyDocument")) {
                (_, Some(document)) => powers.statements.extend(self.document(document, &origin, false)?),
                (Expr::Map(_), None) => {}
                (other, None) => powers.statements.extend(opaque(&canonical(other), &origin)),
            }
            if let Some(name) = entry(policy, "PolicyName") {
                named.push(Named { name: name.clone(), statements: start..powers.statements.len() });
            }
        }
        Ok(())
    }

    /// The statements of a managed policy: ours, or one of which only the name is known.
    fn managed(&mut self, arn: &Expr, holder: &str) -> Result<Vec<Statement>, Stop> {
        let named = match arn {
            Expr::Ref(name) | Expr::GetAtt(name, _) => {
                self.own(name.trim_end_matches(OTHER), Kind::Policy).map(|_| name.trim_end_matches(OTHER))
            }
            _ => None,
        };
        let own = match named {
            Some(name) => Some(name.to_owned()),
            None => self.by_name(arn)?,
        };
        if let Some(name) = own {
            let Some(item) = self.own(&name, Kind::Policy) else { return Ok(Vec::new()) };
            if !self.exists(item)? {
                return Ok(Vec::new());
            }
            let Some(document) = item.property("PolicyDocument") else { return Ok(Vec::new()) };
            return self.document(document, &Origin { resource: name, ..Origin::default() }, false);
        }
        if let Some(name) = self.perhaps_own(arn)? {
            let origin = Origin {
                resource: holder.to_owned(),
                policy: format!("managed policy `{}`", super::words::managed(arn)),
                ..Origin::default()
            };
            let of = |side: &Side| side.resources.get(&name).map(|item| item.whole.clone());
            // It may be one of the template that is not what it was.
            let changed = of(&self.both.old) != of(&self.both.new);
            let version = if changed { format!(" of {:?}", self.which) } else { String::new() };
            return Ok(opaque(&format!("managed policy {}{version}", canonical(arn)), &origin));
        }
        let label = super::words::managed(arn);
        let origin = Origin {
            resource: holder.to_owned(),
            policy: format!("managed policy `{label}`"),
            ..Origin::default()
        };
        // What these two allow never changes. Source: AWS Managed Policy Reference. They make a witness;
        // no proof of a release is built on them.
        if self.values.is_some() || self.alone {
            match aws_policy(arn).as_deref() {
                Some("AdministratorAccess") => return Ok(vec![blanket(true, &origin)]),
                Some("AWSDenyAll") => return Ok(vec![blanket(false, &origin)]),
                _ => {}
            }
        }
        let of_aws = aws_policy(arn);
        let mut statements =
            opaque(&format!("managed policy {}", of_aws.clone().unwrap_or_else(|| canonical(arn))), &origin);
        let denies_nothing = of_aws.is_some_and(|name| ALLOWS_ONLY.contains(&name.as_str()));
        statements.retain(|statement| statement.meaning.allow || !denies_nothing);
        Ok(statements)
    }

    /// What tells the IAM of one template from that of the other, where they differ.
    fn version(&self) -> String {
        let iam = |side: &Side| {
            let own = side.resources.iter().filter(|(_, item)| item.kind.starts_with("AWS::IAM::"));
            own.map(|(name, item)| (name.clone(), item.whole.clone())).collect::<BTreeMap<_, _>>()
        };
        let is_same = iam(&self.both.old) == iam(&self.both.new);
        if is_same { String::new() } else { format!(" of {:?}", self.which) }
    }

    /// A managed policy of ours that an ARN names by its explicit name.
    fn by_name(&self, arn: &Expr) -> Result<Option<String>, Stop> {
        if aws_policy(arn).is_some() {
            return Ok(None);
        }
        let text = tail(arn);
        for (name, item) in &self.side().resources {
            if Kind::of_type(&item.kind) == Some(Kind::Policy)
                && let Some(explicit) = item.property("ManagedPolicyName")
                && let Expr::Text(explicit) = self.value(explicit)?
                && text.ends_with(&format!("/{explicit}"))
                && self.exists(item)?
            {
                return Ok(Some(name.clone()));
            }
        }
        Ok(None)
    }

    /// A managed policy of ours whose computed name may be the one in an ARN.
    fn perhaps_own(&self, arn: &Expr) -> Result<Option<String>, Stop> {
        if aws_policy(arn).is_some() {
            return Ok(None);
        }
        for (name, item) in &self.side().resources {
            if Kind::of_type(&item.kind) == Some(Kind::Policy)
                && let Some(explicit) = item.property("ManagedPolicyName")
            {
                let explicit = self.value(explicit)?;
                // A name that an ARN ends in is another one; what ends in a value may be this one.
                let ends = tail(arn);
                let is_told = ends.contains('/') && !is_dynamic(&ends);
                let cannot_be = |name: &str| match name.strip_suffix(ends.as_str()) {
                    Some(_) => is_told && !ends.ends_with(&format!("/{name}")),
                    None => !is_dynamic(&ends) && !ends.ends_with(&format!("/{name}")),
                };
                let apart = match &explicit {
                    Expr::Text(name) => !is_dynamic(name) && cannot_be(name),
                    other => is_no_value(other),
                };
                if !apart {
                    return Ok(Some(name.clone()));
                }
            }
        }
        Ok(None)
    }

    /// Policies that name the subject themselves.
    fn attached(
        &mut self,
        kind: Kind,
        subject: &Subject,
        powers: &mut Powers,
        named: &mut Vec<Named>,
    ) -> Result<(), Stop> {
        for (name, item) in &self.side().resources {
            let single = match (item.kind.as_str(), kind) {
                ("AWS::IAM::RolePolicy", Kind::Role) => "RoleName",
                ("AWS::IAM::UserPolicy", Kind::User) => "UserName",
                ("AWS::IAM::GroupPolicy", Kind::Group) => "GroupName",
                ("AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy", _) => kind.list(),
                _ => continue,
            };
            let Some(list) = item.property(single) else { continue };
            if !self.exists(item)? {
                continue;
            }
            let is_named = self.names(list, kind, subject)?;
            if is_named == Some(false) {
                continue;
            }
            let origin = Origin { resource: name.clone(), ..Origin::default() };
            let mut statements = match item.property("PolicyDocument") {
                Some(document) => self.document(document, &origin, false)?,
                None => Vec::new(),
            };
            if item.rewritten {
                statements.extend(opaque(&canonical(&self.value(&item.whole)?), &origin));
            }
            if is_named.is_none() {
                Self::perhaps(&mut statements, name, &self.value(list)?);
            }
            self.perhaps_taken(&subject.called(), name, &mut statements);
            let start = powers.statements.len();
            powers.statements.extend(statements);
            if let Some(policy) =
                item.property("PolicyName").filter(|_| item.kind != "AWS::IAM::ManagedPolicy")
            {
                let name = self.value(policy)?;
                named.push(Named { name, statements: start..powers.statements.len() });
            }
        }
        Ok(())
    }

    /// Inline policies of the old template that the new one no longer has: their deletion, which comes last, deletes whatever
    /// has their name by then. Source: IAM API Reference, `DeleteRolePolicy`; CloudFormation User Guide, "Update
    /// behaviors of stack resources" (what was replaced or removed is deleted during clean-up).
    fn deleted(&self, kind: Kind, subject: &Subject, named: &mut Vec<Named>) -> Result<(), Stop> {
        if self.which == Which::Old {
            return Ok(());
        }
        for (name, item) in &self.both.old.resources {
            let single = match (item.kind.as_str(), kind) {
                ("AWS::IAM::RolePolicy", Kind::Role) => "RoleName",
                ("AWS::IAM::UserPolicy", Kind::User) => "UserName",
                ("AWS::IAM::GroupPolicy", Kind::Group) => "GroupName",
                ("AWS::IAM::Policy", _) => kind.list(),
                _ => continue,
            };
            // One that gets another name or holder is made anew, and deleted under the old one; one that loses a holder
            // is deleted from it.
            let mut stays = false;
            if let Some(other) = self.side().resources.get(name) {
                let same = |key: &str| {
                    let (a, b) = (item.property(key), other.property(key));
                    a == b && a.is_none_or(|value| !self.both.reaches_changes(value, None))
                };
                stays = other.kind == item.kind && same("PolicyName") && self.exists(other)?;
                stays &= match other.property(single) {
                    Some(list) if item.kind == "AWS::IAM::Policy" => {
                        self.names(list, kind, subject)? == Some(true)
                    }
                    Some(_) => same(single),
                    None => false,
                };
            }
            if let (false, Some(list), Some(policy)) =
                (stays, item.property(single), item.property("PolicyName"))
                && self.names(list, kind, subject)? != Some(false)
            {
                named
                    .push(Named { name: self.both.value(Which::Old, policy, self.world)?, statements: 0..0 });
            }
        }
        Ok(())
    }

    /// Inline policies that the old template had in the holder itself and the new one has as resources that do not wait for
    /// it: where such a one is made first, the holder's update takes it away with its own of that name.
    /// Source: IAM API Reference, `PutRolePolicy`, `DeleteRolePolicy`.
    fn moved_out(&self, name: &str, named: &mut Vec<Named>) -> Result<(), Stop> {
        if self.which == Which::Old {
            return Ok(());
        }
        let list = |which: Which| -> Result<Vec<Expr>, Stop> {
            let item = self.both.side(which).resources.get(name);
            let Some(policies) = item.and_then(|item| item.property("Policies")) else {
                return Ok(Vec::new());
            };
            let policies = self.both.value(which, policies, self.world)?;
            Ok(leaves(&policies).into_iter().filter_map(|one| entry(one, "PolicyName")).cloned().collect())
        };
        let now = list(Which::New)?;
        let gone: Vec<Expr> = list(Which::Old)?.into_iter().filter(|one| !now.contains(one)).collect();
        if gone.is_empty() {
            return Ok(());
        }
        for item in self.side().resources.values() {
            let is_inline =
                ["AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy"];
            let Some(policy) =
                item.property("PolicyName").filter(|_| is_inline.contains(&item.kind.as_str()))
            else {
                continue;
            };
            let mut waits = false;
            item.whole.walk(&mut |part| match part {
                Expr::Ref(other) | Expr::GetAtt(other, _) => waits |= other == name,
                Expr::Map(entries) => {
                    let on = entries.iter().find(|(key, _)| key == "DependsOn").map(|(_, on)| on);
                    waits |= on.is_some_and(|on| leaves(on).iter().any(|on| **on == Expr::text(name)));
                }
                _ => {}
            });
            let policy = self.value(policy)?;
            if !waits && let Some(gone) = gone.iter().find(|gone| !never_equal(gone, &policy)) {
                named.push(Named { name: gone.clone(), statements: 0..0 });
            }
        }
        Ok(())
    }

    /// The policies of the groups that a user is in.
    fn groups(&mut self, user: &Subject, list: Option<&Expr>, powers: &mut Powers) -> Result<(), Stop> {
        let holder = user.called();
        let mut groups: BTreeMap<String, Expr> = BTreeMap::new();
        if let Some(list) = list {
            let list = self.value(list)?;
            groups.extend(leaves(&list).into_iter().map(|group| (canonical(group), group.clone())));
        }
        for addition in self.side().resources.values() {
            if addition.kind != "AWS::IAM::UserToGroupAddition" || !self.exists(addition)? {
                continue;
            }
            let (Some(group), Some(users)) = (addition.property("GroupName"), addition.property("Users"))
            else {
                continue;
            };
            match self.names(users, Kind::User, user)? {
                Some(false) => {}
                Some(true) => {
                    let group = self.value(group)?;
                    groups.insert(canonical(&group), group);
                }
                None => {
                    let policy = format!("the groups of {}", canonical(users));
                    let origin =
                        Origin { resource: holder.clone(), policy: "group".to_owned(), ..Origin::default() };
                    let mut statements = opaque(&policy, &origin);
                    Self::perhaps(&mut statements, &policy, users);
                    powers.statements.extend(statements);
                }
            }
        }
        for group in groups.into_values() {
            let mut found = None;
            let mut perhaps = false;
            for (name, item) in &self.side().resources {
                if Kind::of_type(&item.kind) != Some(Kind::Group) || !self.exists(item)? {
                    continue;
                }
                match self.is(&group, Kind::Group, name)? {
                    Some(true) => found = Some((name, item)),
                    Some(false) => {}
                    None => perhaps = true,
                }
            }
            match found {
                Some((name, item)) => {
                    let start = powers.statements.len();
                    self.of_own(Kind::Group, name, item, powers)?;
                    self.perhaps_taken(&holder, name, powers.statements.get_mut(start..).unwrap_or_default());
                }
                // What refers to a group that is not there in this case is no group.
                None if self.side().resources.keys().any(|name| refers(&group, name)) => {}
                None => {
                    let shown = super::words::value(&group);
                    // It may be one of the template's own, which is not what it was.
                    let version = if perhaps { self.version() } else { String::new() };
                    let origin = Origin {
                        resource: holder.clone(),
                        policy: format!("group {shown}"),
                        ..Origin::default()
                    };
                    let start = powers.statements.len();
                    powers.statements.extend(opaque(&format!("group {shown}{version}"), &origin));
                    let mut named = Vec::new();
                    self.attached(Kind::Group, &Subject::Outside(Kind::Group, group), powers, &mut named)?;
                    self.overwritten(&named, powers);
                    self.perhaps_taken(
                        &holder,
                        &shown,
                        powers.statements.get_mut(start..).unwrap_or_default(),
                    );
                }
            }
        }
        Ok(())
    }

    /// Who may assume a role; `None` where it does not exist.
    pub(super) fn trust(&mut self, role: &str) -> Result<Option<Powers>, Stop> {
        let Some(item) = self.own(role, Kind::Role) else { return Ok(None) };
        if !self.exists(item)? {
            return Ok(None);
        }
        let origin =
            Origin { resource: role.to_owned(), policy: "who may assume it".to_owned(), ..Origin::default() };
        let statements =
            match item.property("AssumeRolePolicyDocument").or_else(|| item.property("Properties")) {
                Some(document) => self.document(document, &origin, true)?,
                None => Vec::new(),
            };
        Ok(Some(Powers { statements, trust: true, ..Powers::default() }))
    }
}

/// An inline policy: its name, and where its statements are.
struct Named {
    name: Expr,
    statements: std::ops::Range<usize>,
}

/// Types that give permissions to principals that they name.
const ATTACHING: [&str; 6] = [
    "AWS::IAM::Policy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::UserPolicy",
    "AWS::IAM::GroupPolicy",
    "AWS::IAM::UserToGroupAddition",
];

/// Whether two names differ whatever their values are: both are known, or one begins or ends as the other does not.
pub(super) fn never_equal(a: &Expr, b: &Expr) -> bool {
    let ends = |expr: &Expr| -> (String, String, bool) {
        match expr {
            Expr::Text(text) | Expr::Plain(text) if is_dynamic(text) => (String::new(), String::new(), false),
            Expr::Text(text) | Expr::Plain(text) => (text.clone(), text.clone(), true),
            Expr::Concat(parts) => {
                let text = |part: Option<&Expr>| match part {
                    Some(Expr::Text(text)) => text.clone(),
                    _ => String::new(),
                };
                (text(parts.first()), text(parts.last()), false)
            }
            _ => (String::new(), String::new(), false),
        }
    };
    let ((first_a, last_a, is_known_a), (first_b, last_b, is_known_b)) = (ends(a), ends(b));
    if is_known_a && is_known_b {
        return first_a != first_b;
    }
    let apart = |mut a: Vec<char>, mut b: Vec<char>, reverse: bool| {
        if reverse {
            a.reverse();
            b.reverse();
        }
        a.iter().zip(&b).any(|(a, b)| a != b)
    };
    let letters = |text: &str| text.chars().collect::<Vec<_>>();
    apart(letters(&first_a), letters(&first_b), false) || apart(letters(&last_a), letters(&last_b), true)
}

/// What someone is allowed beyond these templates: the same in both, and not known.
fn beyond(who: &str, resource: &str) -> Vec<Statement> {
    let origin = Origin {
        resource: resource.to_owned(),
        policy: format!("what else {who} is allowed"),
        ..Origin::default()
    };
    opaque(&format!("else {who}"), &origin)
}

/// Whether someone of a template has a managed policy.
pub(super) fn has_holder(side: &Side, policy: &str) -> bool {
    let mentions = |item: &Item| {
        let lists = ["ManagedPolicyArns", "PermissionsBoundary"];
        let mut found = false;
        for value in lists.iter().filter_map(|property| item.property(property)) {
            value.walk(&mut |part| found |= refers(part, policy));
        }
        found
    };
    let attaches =
        |item: &Item| ["Roles", "Users", "Groups"].iter().any(|list| item.property(list).is_some());
    side.resources.values().any(mentions) || side.resources.get(policy).is_some_and(attaches)
}

/// Whether an expression is a reference to a name.
pub(super) fn refers(part: &Expr, name: &str) -> bool {
    match part {
        Expr::Ref(other) | Expr::GetAtt(other, _) => other == name,
        _ => false,
    }
}

fn is_no_value(expr: &Expr) -> bool {
    matches!(expr, Expr::Ref(name) if name == "AWS::NoValue")
}

/// The items of a list, lists in it spread out; one value is a list of it.
pub(super) fn leaves(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::List(items) => items.iter().flat_map(leaves).collect(),
        one if is_no_value(one) => Vec::new(),
        one => vec![one],
    }
}

/// The text at the end of a value.
pub(super) fn tail(expr: &Expr) -> String {
    match expr {
        Expr::Text(text) => text.clone(),
        Expr::Concat(parts) => parts.last().map(tail).unwrap_or_default(),
        _ => String::new(),
    }
}

/// The name of a managed policy of AWS.
pub(super) fn aws_policy(arn: &Expr) -> Option<String> {
    let text: String = match arn {
        Expr::Text(text) => text.clone(),
        Expr::Concat(parts) => parts
            .iter()
            .map(|part| match part {
                Expr::Text(text) => Some(text.clone()),
                Expr::Ref(name) if name == "AWS::Partition" => Some("aws".to_owned()),
                _ => None,
            })
            .collect::<Option<Vec<_>>>()?
            .concat(),
        _ => return None,
    };
    let (before, name) = text.split_once(":iam::aws:policy/")?;
    before.starts_with("arn:aws").then(|| name.rsplit('/').next().unwrap_or(name).to_owned())
}
