//! Whose credentials a command uses, and who that is.
//!
//! A profile that is asked for by name is used, whatever keys the environment holds; without one, credentials come
//! as every AWS tool finds them.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use aws_config::default_provider;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::ProvideCredentials;
use iam_split_core::deployment::settings::Settings;
use iam_split_core::deployment::value::Secrets;
use iam_split_core::diagnostic::Code;

use super::{Aws, Identity, failed};
use crate::exit::{Exit, Failure};

impl Aws {
    /// The clients with the credentials that the settings ask for. `offline`: nothing is called, and so nobody needs
    /// credentials.
    pub(crate) async fn new(
        settings: &Settings,
        offline: bool,
        secrets: &Rc<RefCell<Secrets>>,
    ) -> Result<Self, Failure> {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .retry_config(RetryConfig::standard().with_max_attempts(5))
            .timeout_config(
                TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(60)).build(),
            );
        let mut region = settings.region.clone();
        if let Some(profile) = &settings.profile {
            if region.is_none() {
                let of_profile = ProfileFileRegionProvider::builder().profile_name(profile).build();
                region = of_profile.region().await.map(|region| region.as_ref().to_owned());
            }
            // A profile that takes a role on asks STS for it, in a region.
            let of_calls = match &region {
                Some(region) => Some(Region::new(region.clone())),
                None => default_provider::region::default_provider().region().await,
            };
            let provider = ProfileFileCredentialsProvider::builder()
                .profile_name(profile)
                .configure(&ProviderConfig::without_region().with_region(of_calls))
                .build();
            if !offline {
                known(&provider, profile).await?;
            }
            // The environment's keys would win over a profile that is only named to the loader.
            loader = loader.profile_name(profile).credentials_provider(provider);
        }
        if let Some(region) = region {
            loader = loader.region(Region::new(region));
        }
        Self::of(&loader.load().await, secrets)
    }

    fn of(config: &SdkConfig, secrets: &Rc<RefCell<Secrets>>) -> Result<Self, Failure> {
        let Some(region) = config.region().map(|region| region.as_ref().to_owned()) else {
            return Err(Failure::new("no region is given")
                .help("write `region: eu-west-1` in deployment.yaml, pass --region, or set AWS_REGION"));
        };
        let own = std::env::var("AWS_ENDPOINT_URL_S3").ok().filter(|url| !url.is_empty());
        let endpoint = own.or_else(|| config.endpoint_url().map(str::to_owned));
        let s3 = aws_sdk_s3::config::Builder::from(config).force_path_style(endpoint.is_some()).build();
        Ok(Self {
            cloudformation: aws_sdk_cloudformation::Client::new(config),
            s3: aws_sdk_s3::Client::from_conf(s3),
            iam: aws_sdk_iam::Client::new(config),
            sts: aws_sdk_sts::Client::new(config),
            logs: aws_sdk_cloudwatchlogs::Client::new(config),
            lambda: aws_sdk_lambda::Client::new(config),
            ecs: aws_sdk_ecs::Client::new(config),
            region,
            endpoint,
            identity: Identity::default(),
            secrets: Rc::clone(secrets),
            mute: Rc::default(),
        })
    }

    /// Asks who calls: nothing is worth doing in the wrong account.
    pub(crate) async fn identify(&mut self) -> Result<(), Failure> {
        let answer = self.sts.get_caller_identity().send().await;
        let answer = answer.map_err(|error| failed("cannot tell whose credentials these are", &error))?;
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        self.identity = Identity { account: text(answer.account()), arn: text(answer.arn()) };
        Ok(())
    }
}

/// Refuses a profile that is not there, or whose credentials cannot be had.
async fn known(provider: &ProfileFileCredentialsProvider, profile: &str) -> Result<(), Failure> {
    let Err(error) = provider.provide_credentials().await else { return Ok(()) };
    let said = super::chain(&error);
    // Source of the texts: `aws-config`, errors of a profile file.
    let unknown = [
        "was not defined",
        "does not contain credentials",
        "did not contain credential",
        "No profiles",
        // There is no file of profiles at all.
        "provider was not enabled",
    ];
    let failure = if unknown.iter().any(|text| said.contains(text)) {
        Failure::new(format!("there are no credentials under the profile `{profile}`: {said}"))
            .code(Code::DPL003)
            .help("`aws configure list-profiles` shows those that there are; a profile that is asked for by name is never replaced by keys of the environment")
    } else {
        Failure::new(format!("the credentials of the profile `{profile}` cannot be had: {said}"))
            .code(Code::AWS019)
            .exit(Exit::Aws)
            .help(format!("sign in again: `aws sso login --profile {profile}`, or renew them"))
    };
    Err(failure)
}
