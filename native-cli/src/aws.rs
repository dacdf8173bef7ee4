//! The few calls to AWS that a deployment needs. What they mean is decided in the core.

pub(crate) mod bucket;
pub(crate) mod changeset;
pub(crate) mod credentials;
pub(crate) mod drift;
pub(crate) mod refactor;
pub(crate) mod report;
pub(crate) mod runtime;
pub(crate) mod stack;
pub(crate) mod usage;
pub(crate) mod watch;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use aws_sdk_cloudformation::config::http::HttpResponse;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use iam_split_core::deployment::failure::recognise;
use iam_split_core::deployment::value::Secrets;
use iam_split_core::diagnostic::Code;

use crate::exit::{Exit, Failure};

/// Who calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity {
    /// The account's number.
    pub(crate) account: String,
    /// The user's, role session's or root's ARN.
    pub(crate) arn: String,
}

/// The clients, and where they call.
#[derive(Clone)]
pub(crate) struct Aws {
    pub(crate) cloudformation: aws_sdk_cloudformation::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) sts: aws_sdk_sts::Client,
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) ecs: aws_sdk_ecs::Client,
    pub(crate) region: String,
    /// An endpoint that is not AWS's own: addresses of objects are then in path style.
    pub(crate) endpoint: Option<String>,
    /// Who calls: the account owns the bucket and all that is named by ARN.
    pub(crate) identity: Identity,
    /// Values that AWS may repeat in its messages.
    pub(crate) secrets: Rc<RefCell<Secrets>>,
    /// Whether this CloudFormation has no `DescribeEvents`.
    pub(crate) mute: Rc<Cell<bool>>,
}

impl Aws {
    /// A message of AWS's without secrets. Identifiers are no messages, and are never given to this.
    pub(crate) fn said(&self, message: &str) -> String {
        self.secrets.borrow().masked(message)
    }
}

/// A call that failed: AWS's own message and the way out.
pub(crate) fn failed<E>(what: &str, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let (code, message) = match error.as_service_error() {
        Some(service) => {
            // The answer to a `HEAD` has no body, and so no reason.
            let message = service.message().filter(|text| !text.is_empty());
            let code = service.code().unwrap_or_default();
            match (code, message, status) {
                ("", None, Some(401 | 403)) => ("AccessDenied", "HTTP status 403".to_owned()),
                ("", None, Some(status)) => ("", format!("HTTP status {status} without AWS's reason")),
                _ => (code, message.unwrap_or("AWS gives no reason").to_owned()),
            }
        }
        None => match (error, status) {
            (SdkError::ResponseError(_), Some(status)) if status >= 400 => {
                ("", format!("HTTP status {status} without AWS's reason"))
            }
            _ => ("", chain(error)),
        },
    };
    let said = if code.is_empty() { message } else { format!("{message} ({code})") };
    let failure = refused(what, &said);
    match help(code, error) {
        Some(help) => failure.help(help),
        None => failure,
    }
}

/// What AWS says against something, recognised where the catalogue knows it.
pub(crate) fn refused(what: &str, said: &str) -> Failure {
    let failure = match recognise(said) {
        Some(known) => Failure::new(format!("{}\n  {what}: {said}", known.message))
            .code(known.code)
            .help(known.code.explanation().recovery),
        None => Failure::new(format!("{what}: {said}"))
            .code(Code::AWS000)
            .help(Code::AWS000.explanation().recovery),
    };
    failure.exit(Exit::Aws).said()
}

/// What stands behind an error that is no answer of AWS.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let said = error.to_string();
        // The outermost says only that there is a cause.
        let bare = matches!(said.as_str(), "dispatch failure" | "other") && error.source().is_some();
        if !bare && !text.contains(&said) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&said);
        }
        next = error.source();
    }
    text
}

fn help<E, R>(code: &str, error: &SdkError<E, R>) -> Option<&'static str> {
    Some(match code {
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            "the credentials have expired: sign in again (`aws sso login`), or renew them"
        }
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "SignatureDoesNotMatch" => {
            "check the credentials: AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or --profile"
        }
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => {
            "the credentials lack this permission: use others (--profile), or give CloudFormation a role (`role_arn`, `iam_role_arn`)"
        }
        "Throttling" | "ThrottlingException" | "SlowDown" | "RequestLimitExceeded" => {
            "AWS is asked too often from this account: run again in a minute; what is done is not done twice"
        }
        "InsufficientCapabilitiesException" => {
            "the template needs a capability that its text does not show: a macro or nested stack creates IAM"
        }
        "BucketAlreadyExists" => {
            "bucket names are shared by all accounts: choose another with `bucket` or `prefix`"
        }
        "" => match error {
            SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => {
                "check the network, the region and the credentials (`aws sts get-caller-identity`)"
            }
            SdkError::ConstructionFailure(_) => "check the credentials and the region",
            _ => return None,
        },
        _ => return None,
    })
}

/// Whether a call failed with a code whose message contains a text.
pub(crate) fn is<E, R>(error: &SdkError<E, R>, code: &str, text: &str) -> bool
where
    E: ProvideErrorMetadata,
{
    error
        .as_service_error()
        .is_some_and(|error| error.code() == Some(code) && error.message().unwrap_or_default().contains(text))
}
