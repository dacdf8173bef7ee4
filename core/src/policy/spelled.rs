//! References spelled out: what a resource is called that has a name of its own, and the ARN of one of IAM.
//!
//! So `!GetAtt Role.Arn` is the same as that role's ARN written out.

use super::side::{Item, Side};
use super::world::OTHER;
use crate::expression::{Expr, from_sub_text};
use crate::facts::{Meaning, StoredCase, iam_type, is_dynamic, name_property, resource_type, stored_case};

/// Attributes that are an ARN which ends in what `Ref` gives: the type, the attribute, service and resource.
/// Source: Service Authorization Reference, "Resource types defined by" each service; CloudFormation Template Reference,
/// "Return values" of each type (`Ref` is the id).
const BY_ID: [(&str, &str, &str); 4] = [
    ("AWS::Cognito::UserPool", "Arn", "cognito-idp/userpool/"),
    ("AWS::EFS::AccessPoint", "Arn", "elasticfilesystem/access-point/"),
    ("AWS::EFS::FileSystem", "Arn", "elasticfilesystem/file-system/"),
    ("AWS::KMS::Key", "Arn", "kms/key/"),
];

/// Attributes that are what `Ref` gives. Source: CloudFormation Template Reference, "Return values" of each type.
const SAME: [(&str, &str); 6] = [
    ("AWS::ApiGateway::RestApi", "RestApiId"),
    ("AWS::ApiGatewayV2::Api", "ApiId"),
    ("AWS::Cognito::UserPool", "UserPoolId"),
    ("AWS::EFS::AccessPoint", "AccessPointId"),
    ("AWS::EFS::FileSystem", "FileSystemId"),
    ("AWS::KMS::Key", "KeyId"),
];

/// The value with references to named resources, and ARNs of roles, users and groups, as texts.
pub(super) fn spelled(side: &Side, value: &Expr, read: &dyn Fn(&Expr) -> Option<Expr>) -> Expr {
    value.replaced(&|part| {
        let (name, attribute) = match part {
            Expr::Ref(name) => (name, None),
            Expr::GetAtt(name, attribute) => (name, Some(attribute.as_str())),
            _ => return None,
        };
        let item = side.resources.get(name.trim_end_matches(OTHER))?;
        of_iam(name, item, attribute, read).or_else(|| of_service(name, item, attribute, read))
    })
}

/// The explicit name of a resource.
fn explicit(item: &Item, read: &dyn Fn(&Expr) -> Option<Expr>) -> Option<Expr> {
    let name = read(item.property(name_property(&item.kind)?)?)?;
    // Some services store names in lower case.
    if stored_case(&item.kind) == Some(StoredCase::Lowered) {
        return match name {
            Expr::Text(text) if !is_dynamic(&text) => Some(Expr::Text(text.to_lowercase())),
            _ => None,
        };
    }
    match &name {
        Expr::Ref(none) if none == "AWS::NoValue" => None,
        Expr::Text(_) | Expr::Concat(_) | Expr::Ref(_) => Some(name),
        _ => None,
    }
}

fn of_iam(
    name: &str,
    item: &Item,
    attribute: Option<&str>,
    read: &dyn Fn(&Expr) -> Option<Expr>,
) -> Option<Expr> {
    let row = iam_type(&item.kind).filter(|row| !row.arn_noun.is_empty())?;
    let explicit = explicit(item, read);
    let is_arn = attribute.map_or(row.ref_is_arn, |attribute| row.is_arn(attribute));
    if !is_arn {
        return explicit.filter(|_| attribute.is_none());
    }
    // The name that is made is what `Ref` gives, but where that is the ARN.
    let own = explicit.or_else(|| (!row.ref_is_arn).then(|| Expr::reference(name)))?;
    let path = match item.property("Path") {
        None => Expr::text("/"),
        Some(Expr::Ref(name)) if name == "AWS::NoValue" => Expr::text("/"),
        Some(path) => read(path)?,
    };
    let start = from_sub_text(&format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:{}", row.arn_noun));
    Some(Expr::concat([start, path, own]))
}

fn of_service(
    of: &str,
    item: &Item,
    attribute: Option<&str>,
    read: &dyn Fn(&Expr) -> Option<Expr>,
) -> Option<Expr> {
    if SAME.iter().any(|(kind, key)| *kind == item.kind && Some(*key) == attribute) {
        return Some(Expr::reference(of));
    }
    if let Some((.., resource)) =
        BY_ID.iter().find(|(kind, key, _)| *kind == item.kind && Some(*key) == attribute)
    {
        let text = format!(
            "arn:${{AWS::Partition}}:{}",
            resource.replacen('/', ":${AWS::Region}:${AWS::AccountId}:", 1)
        );
        return Some(Expr::concat([from_sub_text(&text), Expr::reference(of)]));
    }
    if item.kind == "AWS::IAM::OIDCProvider" && matches!(attribute, None | Some("Arn")) {
        return of_provider(item, read);
    }
    let row = resource_type(&item.kind)?;
    let meaning = match attribute {
        None => row.reference,
        Some(attribute) => row.attributes.iter().find(|(name, _)| *name == attribute)?.1,
    };
    // A name that is made, or computed, is what the resource itself gives.
    let made = || {
        if matches!(row.reference, Meaning::Name) {
            return Some(Expr::reference(of));
        }
        let named = row.attributes.iter().find(|(_, meaning)| matches!(meaning, Meaning::Name));
        // Where no attribute gives it, the property says what is meant.
        let named = named.map(|(named, _)| *named).or_else(|| row.name_property.last().copied())?;
        Some(Expr::GetAtt(of.to_owned(), named.to_owned()))
    };
    let name = || explicit(item, read).or_else(made);
    let text = match meaning {
        Meaning::Name => return name(),
        Meaning::Text(text) => text,
        Meaning::ByProperty { property, given, absent } => match item.property(property) {
            None => absent,
            Some(Expr::Ref(none)) if none == "AWS::NoValue" => absent,
            Some(Expr::Text(_) | Expr::Ref(_) | Expr::GetAtt(..) | Expr::Concat(_)) => given,
            Some(_) => return None,
        },
        Meaning::Opaque => return None,
    };
    let name = if text.contains("${Name}") { name()? } else { Expr::text("") };
    Some(from_sub_text(text).replaced(&|part| match part {
        Expr::Ref(variable) if variable == "Name" => Some(name.clone()),
        // Characters that the service makes; and what another property names, which takes a name or an ARN.
        Expr::Ref(variable) if variable.starts_with(['*', '?', '.']) => {
            Some(Expr::GetAtt(of.to_owned(), variable.clone()))
        }
        _ => None,
    }))
}

/// The ARN of a provider ends in its URL, without `https://`.
///
/// Source: IAM User Guide, "Create an OpenID Connect (OIDC) identity provider in IAM".
fn of_provider(item: &Item, read: &dyn Fn(&Expr) -> Option<Expr>) -> Option<Expr> {
    let url = match read(item.property("Url")?)? {
        Expr::Text(url) => Expr::text(url.strip_prefix("https://")?),
        Expr::Concat(parts) => {
            let (first, rest) = parts.split_first()?;
            let Expr::Text(first) = first else { return None };
            Expr::concat(
                std::iter::once(Expr::text(first.strip_prefix("https://")?)).chain(rest.iter().cloned()),
            )
        }
        _ => return None,
    };
    let start = from_sub_text("arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/");
    Some(Expr::concat([start, url]))
}
