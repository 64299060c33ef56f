// SPDX-License-Identifier: Apache-2.0
//! Values in running text: notes, histories, chats, where no operator joins a name to its value.

use super::{Context, Opinion, generic, name, placeholder};

/// Words that make the value behind a bare "key" a provider's: `datadog key 6f...`.
const PROVIDERS: &str = "adafruit adobe airtable akamai algolia alibaba amplitude anthropic apify asana \
    atlassian auth0 aws azure beamer bitbucket bitly box braintree bugsnag buildkite circleci clickhouse \
    clickup cloudflare cloudinary codecov cohere coinbase confluent contentful coveralls databricks datadog \
    deepgram deepl digitalocean discord disqus docker doppler dropbox dynatrace easypost elastic etherscan \
    facebook fastly figma firebase flickr foursquare freshdesk gcp geocodio ghost gitea github gitlab gitter \
    google grafana groq heroku honeycomb hubspot huggingface infura instagram intercom ipinfo jenkins jira \
    jumpcloud kraken kubernetes launchdarkly linear linkedin linode lob logzio looker mailchimp mailgun \
    mailjet mapbox maptiler mattermost mistral mixpanel mongodb mux netlify newrelic ngrok notion npm \
    numverify okta openai opencage openweather openweathermap opsgenie optimizely pagerduty paypal pinecone \
    pinterest plaid planetscale postman postmark prefect pulumi pusher rapidapi razorpay reddit replicate \
    resend rollbar rubygems salesforce segment sendgrid sentry serpapi shippo shodan shopify signalfx slack \
    snowflake snyk sonarqube sonarcloud sourcegraph spotify splunk square stability stripe supabase \
    tailscale telegram terraform tiingo trello twilio twitch twitter typeform vault vercel virustotal vultr \
    wakatime weatherapi weatherstack webflow yandex youtube zendesk zoom";

/// Words before the name after which a value is public, or no value.
const PUBLIC: &str = "public primary foreign cache sort partition hash commit revision digest checksum \
    fingerprint sha1 sha256 md5 thumbprint csrf idempotency object trace request deploy-key host";

/// `note-value`: the match starts some words before the name, and the hit is generated beyond doubt.
pub(super) fn value(context: &Context<'_>) -> Opinion {
    let before = context.before().to_ascii_lowercase();
    let words = || {
        before
            .split(|b| !b.is_ascii_alphanumeric() && *b != b'-')
            .filter(|word| !word.is_empty())
    };
    let among = |list: &str| {
        list.split_ascii_whitespace()
            .any(|known| words().any(|word| word == known.as_bytes()))
    };
    if among(PUBLIC) {
        return Opinion::Acquitted;
    }
    let provider = among(PROVIDERS);
    let name = name::of(&before);
    let bare = matches!(&name[..], b"key" | b"keys") && !before.windows(4).any(|w| w == b"api ");
    let own = context.secret();
    // A value of letters and digits in no order is no commit and no digest.
    let sure = generic::is_generated(own) && !own.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-');
    if bare && !provider && !sure && !words().any(|word| SECRET_KINDS.contains(&word)) {
        return Opinion::Acquitted;
    }
    if placeholder::is_uuid(own) && !provider {
        return Opinion::Acquitted;
    }
    generic::noted(context, &name)
}

/// Words that make a bare "key" a secret one.
const SECRET_KINDS: [&[u8]; 9] = [
    b"access", b"admin", b"account", b"app", b"auth", b"license", b"private", b"secret", b"signing",
];

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::tests::weigh;
    use crate::rules::Judge;

    fn counts(text: &str, secret: &str) -> bool {
        let judge = Judge {
            validators: vec!["note-value".to_owned()],
            ..Judge::default()
        };
        weigh(&judge, text, secret, "notes.txt").is_some()
    }

    #[test]
    fn a_value_counts_beside_a_provider_or_a_secret_word() {
        let digits = "9f86d081884c7d659a2feaa0c55ad015";
        for name in ["datadog KEY", "api key", "auth token", "secret"] {
            assert!(counts(&format!("{name} {digits}"), digits), "{name}");
        }
        for name in [
            "public key",
            "key",
            "commit of the token",
            "idempotency key",
        ] {
            assert!(!counts(&format!("{name} {digits}"), digits), "{name}");
        }
        let id = "123e4567-e89b-42d3-a456-426655440011";
        assert!(counts(&format!("heroku api key {id}"), id));
        assert!(!counts(&format!("api key {id}"), id));
    }

    #[test]
    fn words_are_no_passwords() {
        assert!(counts("router password is q7!Zk29-vTx4", "q7!Zk29-vTx4"));
        for value in ["policy-v2", "Reset2Factor", "8-20", "orders/v2"] {
            assert!(!counts(&format!("password {value}"), value), "{value}");
        }
    }
}
