//! AWS's wordings, and ours.

use crate::diagnostic::Code;

/// A row: what AWS says, and what it means.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The code, whose cause and recovery stand in the catalogue.
    pub code: Code,
    /// The category of the specification, 2 to 6.
    pub category: u8,
    /// Our words, with the pattern's groups between braces.
    pub message: &'static str,
    /// AWS's words, as regular expressions over one line, without regard to case.
    pub said: &'static [&'static str],
}

macro_rules! rows {
    ($($code:ident $category:literal $message:literal [$($said:literal),* $(,)?];)*) => {
        /// The table, the more special rows first.
        ///
        /// Source of the wordings: answers of CloudFormation, IAM, S3, Lambda and ECS as their documentation
        /// and public issue threads quote them.
        pub const ROWS: &[Row] = &[$(Row {
            code: Code::$code,
            category: $category,
            message: $message,
            said: &[$($said),*],
        },)*];
    };
}

rows! {
    AWS001 2 "Template URL does not exist: {what}" [
        "S3 error: (?<what>The specified (?:key|bucket) does not exist)",
        "S3 error: (?<what>Access Denied)",
        "(?<what>TemplateURL must (?:be a supported URL|reference a valid S3 object)[^.]*)",
        "NoSuchKey.*?(?<what>The specified key does not exist)",
    ];
    AWS002 2 "Role name already in use: {what}" [
        "(?:Role|Policy|InstanceProfile|Instance Profile|Group|User)(?: with name)? (?<what>\\S+) already exists",
        "Resource of type 'AWS::IAM::[A-Za-z]+' with identifier '(?<what>[^']+)' already exists",
        "(?<what>\\S+) already exists in stack \\S+",
        "A policy called (?<what>\\S+) already exists",
        "EntityAlreadyExists.*?(?<what>\\S+) already exists",
    ];
    AWS004 2 "capabilities are missing: {what}" [
        "Requires capabilities ?: ?\\[(?<what>[^\\]]+)\\]",
        "(?<what>InsufficientCapabilities)",
    ];
    AWS023 4 "Parameter '{what}' is not in the template" [
        "Parameters: \\[(?<what>[^\\]]+)\\] do not exist in the template",
    ];
    AWS007 4 "Parameter '{what}' is required but not provided" [
        "Parameters: \\[(?<what>[^\\]]+)\\] must have values",
        "Missing (?:required )?parameters?:? \\[?(?<what>[A-Za-z0-9, ]+)\\]?",
    ];
    AWS008 4 "Parameter '{what}' does not match {pattern}" [
        "Parameter '?(?<what>[A-Za-z0-9]+)'? (?:must match|failed to match|does not match) (?<pattern>pattern \\S+)",
        "Parameter '?(?<what>[A-Za-z0-9]+)'? failed to satisfy (?<pattern>constraint: .+)",
        "Parameter '?(?<what>[A-Za-z0-9]+)'? must (?<pattern>(?:be one of|contain|have|be) .+)",
    ];
    AWS003 2 "Invalid template property: {what}" [
        "Encountered unsupported property (?<what>\\S+)",
        "extraneous key \\[(?<what>[^\\]]+)\\] is not permitted",
        "Invalid template (?:resource )?property '?(?<what>[^'\\s]+)'?",
        "required key \\[(?<what>[^\\]]+)\\] not found",
        "Template (?:format|validation)? ?error: (?<what>.+)",
        "Properties validation failed for resource (?<what>\\S+)",
    ];
    AWS015 6 "stack `{what}` is protected against deletion" [
        "Stack \\[?(?<what>[^\\]\\s]+)\\]? cannot be deleted while TerminationProtection is enabled",
    ];
    AWS013 6 "Export {what} is still imported by stack {stack}" [
        "Export (?<what>\\S+) cannot be (?:deleted|updated|removed) as it is in use by (?<stack>[^\\s.,]+)",
        "Export (?<what>\\S+) is (?:still )?imported by stack\\(?s?\\)?:? (?<stack>[^\\s.,]+)",
    ];
    AWS014 6 "Cannot delete stack while resources are in use: {what}" [
        "(?<what>Cannot delete entity, must (?:detach|delete|remove) [a-z ]+ first)",
        "(?<what>must remove roles from instance profile first)",
        "(?<what>The bucket you tried to delete is not empty)",
        "(?<what>Cannot delete a policy attached to entities)",
        "(?<what>resource \\S+ has a dependent object)",
        "(?<what>DeleteConflict[^.]*)",
    ];
    AWS006 3 "Stack in failed state: {what}" [
        "is in (?<what>[A-Z_]*(?:FAILED|ROLLBACK_COMPLETE)) state and can ?not be updated",
    ];
    AWS016 5 "an operation is under way: {what}" [
        "is in (?<what>[A-Z_]+_IN_PROGRESS) state and can ?not be (?:updated|deleted)",
        "(?<what>OperationInProgress\\S*)",
    ];
    AWS005 3 "Stack not found: {what}" [
        "Stack with id (?<what>\\S+) does not exist",
        "Stack \\[(?<what>[^\\]]+)\\] does not exist",
        "Stack '(?<what>[^']+)' does not exist",
    ];
    AWS010 5 "Role cannot be assumed yet, or not at all: {what}" [
        "(?<what>The role defined for the function cannot be assumed by Lambda)",
        "unable to assume (?:the )?role '?(?<what>[^'\\s]+)'?",
        "(?<what>role \\S+ (?:is invalid or )?cannot be assumed)",
        "(?<what>Unable to assume the (?:provided )?role)",
        "is not authorized to assume role:? (?<what>\\S+)",
    ];
    AWS012 5 "Invalid IAM role ARN: {what}" [
        "Invalid (?:IAM )?role ARN:? ?(?<what>\\S*)",
        "(?<what>\\S+) is not a valid (?:role|IAM role) ARN",
        "(?<what>Role is not valid)",
        "Value '(?<what>[^']+)' at '(?:role|roleArn|executionRoleArn|taskRoleArn)' failed to satisfy constraint",
    ];
    AWS009 4 "Role {what} does not exist" [
        "Role '?(?<what>arn:\\S+?)'? does not exist",
        "The role with name (?<what>\\S+) cannot be found",
        "(?<what>arn:\\S+:iam::\\S+) (?:does not exist|is not attachable)",
    ];
    AWS017 5 "a resource was changed or deleted by hand: {what}" [
        "Resource of type '[^']+' with identifier '(?<what>[^']+)' was not found",
        "(?<what>Policy \\S+ was not found)",
        "NoSuchEntity.*?(?<what>[A-Za-z]+ (?:with name )?\\S+ (?:cannot be found|does not exist))",
    ];
    AWS022 2 "a policy is refused: {what}" [
        "(?<what>Invalid principal in policy[^(]*)",
        "(?<what>Syntax errors? in policy[^(]*)",
        "(?<what>MalformedPolicyDocument[^(]*)",
        "(?<what>Maximum policy size of \\d+ bytes exceeded[^(]*)",
    ];
    AWS021 2 "a quota is reached: {what}" [
        "Cannot exceed quota for (?<what>[A-Za-z]+:? ?\\d*)",
        "(?<what>LimitExceeded[^.]*)",
    ];
    AWS018 5 "not allowed: {what} on {resource}" [
        "is not authorized to perform: (?<what>[A-Za-z0-9:*-]+)(?: on resource: (?<resource>[^\\s)]+))?",
        "(?<what>AccessDenied)(?:Exception)?",
    ];
    AWS026 5 "the name of AWS's host is not found: {what}" [
        "(?<what>dns error[^.]*|failed to lookup address information[^.]*|Name or service not known|nodename nor servname[^.]*|Temporary failure in name resolution)",
    ];
    AWS027 5 "no credentials from the machine: {what}" [
        "(?<what>failed to load IMDS session token)",
        "(?<what>error (?:response from|occurred communicating with) IMDS[^.]*)",
        "(?<what>failing status code returned from IMDS)",
    ];
    AWS019 5 "the credentials are missing or no longer valid: {what}" [
        "(?<what>The security token included in the request is (?:expired|invalid))",
        "(?<what>ExpiredToken\\w*|InvalidClientTokenId|UnrecognizedClient\\w*)",
        "(?<what>no credentials? (?:provider|in the property bag|found in chain|.*loaded)[^.]*)",
        "(?<what>The SSO session [^.]*expired[^.]*)",
    ];
    AWS024 2 "refused before it is deployed: {what}" [
        "The following hook\\(s\\)/validation failed: \\[(?<what>[^\\]]+)\\]",
    ];
    AWS025 5 "an answer that is not AWS's: {what}" [
        "(?<what>HTTP status \\d+ without AWS's reason)",
    ];
    AWS020 5 "AWS answers too slowly or too seldom: {what}" [
        "(?<what>Rate exceeded)",
        "(?<what>Throttling\\w*|TooManyRequests\\w*|RequestLimitExceeded)",
        "(?<what>ServiceUnavailable|InternalFailure|InternalError|Service Unavailable)",
        "(?<what>connection (?:reset|closed|refused)[^.]*|dispatch failure|request has timed out)",
    ];
}
