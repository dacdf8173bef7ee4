//! Ways from a permission to more permissions, as they are known.

/// A way: whoever may do all of these may have more than they were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// The actions that it takes, together.
    pub actions: &'static [&'static str],
    /// What comes of it.
    pub gives: &'static str,
    /// Whether it is worth saying only of a statement that reaches what nobody named: on one named target it is what the
    /// action is for.
    pub wide_only: bool,
}

const fn method(actions: &'static [&'static str], gives: &'static str) -> Method {
    Method { actions, gives, wide_only: false }
}

const fn wide(actions: &'static [&'static str], gives: &'static str) -> Method {
    Method { actions, gives, wide_only: true }
}

/// The ways.
///
/// Source: Rhino Security Labs, "AWS IAM Privilege Escalation – Methods and Mitigation"; Bishop Fox, "Privilege
/// Escalation in AWS" (iam-vulnerable); pathfinding.cloud; actions as in the Service Authorization Reference.
pub const METHODS: &[Method] = &[
    method(&["iam:CreatePolicyVersion"], "gives an attached policy any content"),
    method(&["iam:SetDefaultPolicyVersion"], "puts an older version of a policy in force"),
    method(&["iam:CreateAccessKey"], "makes keys for other users"),
    method(&["iam:CreateLoginProfile"], "makes a password for other users"),
    method(&["iam:UpdateLoginProfile"], "changes the password of other users"),
    method(&["iam:ResetServiceSpecificCredential"], "changes the credentials of other users"),
    method(&["iam:DeactivateMFADevice"], "takes the second factor from other users"),
    method(&["iam:AttachUserPolicy"], "attaches any policy to a user"),
    method(&["iam:AttachGroupPolicy"], "attaches any policy to a group"),
    method(&["iam:AttachRolePolicy"], "attaches any policy to a role"),
    method(&["iam:PutUserPolicy"], "writes any policy of a user"),
    method(&["iam:PutGroupPolicy"], "writes any policy of a group"),
    method(&["iam:PutRolePolicy"], "writes any policy of a role"),
    method(&["iam:AddUserToGroup"], "adds users to any group"),
    method(&["iam:UpdateAssumeRolePolicy"], "lets anyone assume a role"),
    method(&["iam:DeleteRolePermissionsBoundary"], "takes the boundary from a role"),
    method(&["iam:DeleteUserPermissionsBoundary"], "takes the boundary from a user"),
    method(&["iam:PutRolePermissionsBoundary"], "puts another boundary on a role"),
    method(&["iam:PutUserPermissionsBoundary"], "puts another boundary on a user"),
    method(&["iam:UpdateSAMLProvider"], "signs in as anyone whom the provider lets in"),
    method(&["iam:CreateSAMLProvider"], "makes a provider that signs anyone in"),
    method(&["iam:CreateOpenIDConnectProvider"], "makes a provider that signs anyone in"),
    method(
        &["iam:AddRoleToInstanceProfile", "ec2:AssociateIamInstanceProfile"],
        "gives a machine another role",
    ),
    method(&["sso:PutInlinePolicyToPermissionSet"], "writes any policy of a permission set"),
    method(&["sso:AttachManagedPolicyToPermissionSet"], "attaches any policy to a permission set"),
    method(&["sso:CreateAccountAssignment"], "assigns a permission set to anyone"),
    method(&["identitystore:CreateGroupMembership"], "adds users to any group"),
    wide(&["sts:AssumeRole"], "becomes any role that trusts it"),
    method(&["lambda:UpdateFunctionCode"], "runs any code as a function's role"),
    method(&["lambda:UpdateFunctionConfiguration"], "runs any layer as a function's role"),
    method(&["glue:UpdateDevEndpoint"], "opens an endpoint that has a role"),
    method(&["ec2:ModifyInstanceAttribute", "ec2:StartInstances"], "runs any code as a machine's role"),
    wide(&["ssm:SendCommand"], "runs any code as a machine's role"),
    wide(&["ssm:StartSession"], "opens a shell on a machine that has a role"),
    wide(&["cloudformation:UpdateStack"], "makes anything as a stack's role"),
    wide(
        &["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"],
        "makes anything as a stack's role",
    ),
    wide(&["kms:PutKeyPolicy"], "lets anyone use a key"),
    method(&["iam:PassRole", "lambda:CreateFunction"], "runs any code as a role"),
    method(&["iam:PassRole", "ec2:RunInstances"], "starts a machine with a role"),
    method(&["iam:PassRole", "ec2:RequestSpotInstances"], "starts a machine with a role"),
    method(&["iam:PassRole", "cloudformation:CreateStack"], "makes anything as a role"),
    method(&["iam:PassRole", "ecs:RunTask"], "runs any container as a role"),
    method(&["iam:PassRole", "ecs:RegisterTaskDefinition"], "runs any container as a role"),
    method(&["iam:PassRole", "codebuild:CreateProject"], "runs any build as a role"),
    method(&["iam:PassRole", "glue:CreateDevEndpoint"], "opens an endpoint with a role"),
    method(&["iam:PassRole", "glue:CreateJob"], "runs any job as a role"),
    method(&["iam:PassRole", "sagemaker:CreateNotebookInstance"], "opens a notebook with a role"),
    method(&["iam:PassRole", "sagemaker:CreateTrainingJob"], "runs any container as a role"),
    method(&["iam:PassRole", "sagemaker:CreateProcessingJob"], "runs any container as a role"),
    method(&["iam:PassRole", "states:CreateStateMachine"], "calls any service as a role"),
    method(&["iam:PassRole", "scheduler:CreateSchedule"], "calls any service as a role"),
];
