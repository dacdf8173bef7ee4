//! Ways from a permission to more permissions, as they are known.

/// A way: whoever may do all of these may have more than they were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// The actions that it takes, together.
    pub actions: &'static [&'static str],
    /// What comes of it.
    pub gives: &'static str,
}

const fn method(actions: &'static [&'static str], gives: &'static str) -> Method {
    Method { actions, gives }
}

/// The ways.
///
/// Source: Rhino Security Labs, "AWS IAM Privilege Escalation – Methods and Mitigation"; actions as in the Service
/// Authorization Reference.
pub const METHODS: [Method; 24] = [
    method(&["iam:CreatePolicyVersion"], "gives an attached policy any content"),
    method(&["iam:SetDefaultPolicyVersion"], "puts an older version of a policy in force"),
    method(&["iam:CreateAccessKey"], "makes keys for other users"),
    method(&["iam:CreateLoginProfile"], "makes a password for other users"),
    method(&["iam:UpdateLoginProfile"], "changes the password of other users"),
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
    method(&["lambda:UpdateFunctionCode"], "runs any code as a function's role"),
    method(&["lambda:UpdateFunctionConfiguration"], "runs any layer as a function's role"),
    method(&["glue:UpdateDevEndpoint"], "opens an endpoint that has a role"),
    method(&["iam:PassRole", "lambda:CreateFunction"], "runs any code as a role"),
    method(&["iam:PassRole", "ec2:RunInstances"], "starts a machine with a role"),
    method(&["iam:PassRole", "cloudformation:CreateStack"], "makes anything as a role"),
    method(&["iam:PassRole", "ecs:RunTask"], "runs any container as a role"),
    method(&["iam:PassRole", "glue:CreateDevEndpoint"], "opens an endpoint with a role"),
    method(&["iam:PassRole", "sagemaker:CreateNotebookInstance"], "opens a notebook with a role"),
];
