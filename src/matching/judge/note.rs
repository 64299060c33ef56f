// SPDX-License-Identifier: Apache-2.0
//! Values in running text: notes, histories, chats, where no operator joins a name to its value.

use super::{Context, Opinion, generic, name, uuid};

/// Words that make the value behind a bare "key" a provider's: `datadog key 6f...`.
const PROVIDERS: &str = "ably abstractapi abuseipdb accuweather activecampaign adafruit adobe adyen africastalking aftership \
    agora ahrefs ai21 airbrake airbyte airtable aiven akamai akeyless alchemy algolia alibaba alpaca \
    alphavantage amadeus amplitude anaconda ankr anthropic anyscale apify apilayer appdynamics \
    applitools appsflyer appsignal appveyor aptos aqicn arcgis argocd asaas asana ashby assemblyai \
    astronomer atlassian attio auth0 authentik aws azure backblaze baidu balena bamboohr baseten beamer \
    beehiiv betterstack bigcommerce binance bing bitbucket bitfinex bitget bitgo bitly bitmex bitrise \
    bitstamp bittrex bitwarden blockcypher blockfrost bluesky box braintree braze brevo brex brightdata \
    browserbase browserless browserstack bugcrowd bugsnag buildkite bybit canva cardano cartesia \
    cashfree censys cerebras chainstack chargebee chartmogul chatwoot checkly checkmarx chocolatey \
    chromatic circleci civo clarifai clearbit clerk clickhouse clicksend clickup clojars cloudflare \
    cloudinary cloudsmith cockroach cocoapods coda codacy codeclimate codecov codefresh codemagic \
    cognito cohere coinbase coingecko coinmarketcap commercetools composio conekta configcat confluent \
    conjur consul contentful convex coralogix couchbase covalent coveo coveralls coze cronitor crowdin \
    crowdstrike cryptocompare customerio cypress dagster dashscope databricks datadog dataforseo \
    deepgram deepinfra deepl deepseek deepsource deribit descope desec detectify devcycle diffbot dify \
    digitalocean dingtalk discord disqus dnsimple docker doppler dropbox duckdns duffel dwolla dynatrace \
    easypost easyship ebay ecwid elastic elasticemail elevenlabs elsevier eppo equinix etherscan etsy \
    eventbrite exoscale facebook fastly fauna figma filestack filezilla finnhub firebase firecrawl \
    firehydrant fivetran flagsmith flickr flutterwave formbricks fossa foursquare frameio fred freshdesk \
    freshsales friendli frontegg fusionauth gandi gateio gcp gemfury gemini geoapify geocodio gerrit \
    getblock ghost giphy gitbook gitea gitee gitguardian github gitlab gitter gladia gnews gocardless \
    godaddy google gorgias gotify grafana greenhouse greynoise groq growthbook gumroad hackerone hasura \
    haveibeenpwned hcaptcha headscale healthchecks helicone helius helpscout heroku hetzner heygen \
    hightouch honeybadger honeycomb huawei hubspot huggingface huobi hyperbolic ifttt imagekit infisical \
    influxdb infobip infracost infura inngest instagram intercom iota ip2location ipdata ipgeolocation \
    ipinfo ipregistry ipstack iqair iterable jawg jenkins jetbrains jfrog jina jira jotform jumpcloud \
    kagi kakao keen keycdn keycloak kinde klaviyo koyeb kraken kubernetes kucoin lacework lambdatest \
    langfuse langsmith lark lastfm launchdarkly lemlist lightstep linear linkedin linode livechat \
    livekit llamacloud lob localstack locationiq logfire loggly logto logz logzio lokalise looker \
    mailchimp mailersend mailgun mailjet mailslurp mailtrap mandrill mapbox mapquest maptiler mastodon \
    matomo mattermost maxmind mediastack meilisearch mem0 mercadopago mercury messagebird metabase mexc \
    mezmo midtrans milvus minimax minio miro mistral mixpanel mollie mongodb moonshot moralis mux \
    namecheap nats naver ncbi neptune netbird netlify newrelic newsapi ngrok nomad nostr notion novita \
    novu npm ntfy nuget numverify nvidia nytimes oanda octopus okta omise onelogin onepassword onesignal \
    openai opencage openexchangerates openrouter openrouteservice opensea openshift openvsx openweather \
    openweathermap opsgenie optimizely packagecloud paddle pagarme pagerduty papertrail patreon paypal \
    paystack paytm pendo percy perplexity personio pexels pgpass phabricator phemex pinata pinecone \
    pingdom pinterest pipedream pipedrive pixabay plaid planetscale plausible playht plivo poeditor \
    poloniex porkbun portainer portkey positionstack posthog postman postmark prefect printful prisma \
    proxmox pubnub pulumi puppet pushbullet pusher pushover pypi qdrant qualtrics quandl quay quickbooks \
    quicknode qweather rancher rapid7 rapidapi raygun razorpay readme rebrandly recaptcha recurly reddit \
    replicate resend retell retool roboflow rocketchat rollbar rootly rubygems rudderstack runpod runway \
    sailthru salesforce sambanova saucelabs scaleway scalingo scraperapi scrapingbee searchapi \
    securitytrails segment semaphore semgrep semrush sendbird sendgrid sentinelone sentry serpapi serper \
    shipengine shippo shipstation shodan shopify signalfx signalwire signoz siliconflow sinch \
    singlestore slack smartsheet smtp2go snipcart snitch snowflake snyk sonarcloud sonarqube sourcegraph \
    sourcehut spacelift sparkpost speechmatics splunk spotify squadcast square stability stadiamaps \
    statsig statuscake statuspage stormglass strava stripe stytch sumologic supabase surveymonkey \
    swaggerhub swiftype sysdig tailscale tatum tavily teamcity telegram telnyx tenable tencent terraform \
    tezos thegraph thirdweb thunderforest tigris tiingo tiktok tinify tinybird tmdb todoist tolgee \
    tomtom tradier transifex transloadit trello tumblr turnstile twelvedata twilio twingate twitch \
    twitter typeform typesense unleash unsplash upbit upcloud uploadcare upstage upstash uptimerobot \
    urlscan vapi vault veracode vercel viber victorops vimeo virustotal visualcrossing volcengine vonage \
    vultr wakatime wandb wasabi weatherapi weatherbit weatherstack weaviate webex webflow weblate wechat \
    wecom weibo woocommerce woodpecker workable workos wrike xata xendit xero yandex yookassa youtube \
    zapier zendesk zeplin zeptomail zerodha zerotier zhipu zitadel zoho zoom zscaler zulip zyte";

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
    let sure =
        generic::is_generated(own) && !own.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-');
    if bare && !provider && !sure && !words().any(|word| SECRET_KINDS.contains(&word)) {
        return Opinion::Acquitted;
    }
    if uuid::is_uuid(own) && !provider {
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
