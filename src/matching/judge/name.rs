// SPDX-License-Identifier: Apache-2.0
//! What the name that a value is assigned to says about it.

/// The last identifier before the value that speaks of a secret, in lower case, without
/// separators; empty when there is none (`curl -u user:`).
pub(super) fn of(before: &[u8]) -> Vec<u8> {
    const WORDS: [&[u8]; 8] = [
        b"pass",
        b"pw",
        b"psk",
        b"secret",
        b"token",
        b"key",
        b"credential",
        b"auth",
    ];
    let mut lower = before.to_ascii_lowercase();
    // `<key>Password</key>`: the element's own name says nothing.
    for tag in [&b"<key>"[..], b"</key>"] {
        if let Some(at) = memchr::memmem::rfind(&lower, tag) {
            lower[at..at + tag.len()].fill(b' ');
        }
    }
    // An element's attributes speak of its form: `<Password Type="PasswordText">`.
    let tag = lower.strip_prefix(b"<").and_then(|rest| {
        let end = rest.iter().position(u8::is_ascii_whitespace)?;
        let named = |word: &&[u8]| memchr::memmem::find(&rest[..end], word).is_some();
        WORDS.iter().any(named).then(|| lower[..=end].to_vec())
    });
    let lower = tag.unwrap_or(lower);
    let last = WORDS
        .iter()
        .filter_map(|word| memchr::memmem::rfind(&lower, word))
        .max();
    let Some(at) = last else {
        return Vec::new();
    };
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let start = lower[..at]
        .iter()
        .rposition(|b| !is_word(b))
        .map_or(0, |gap| gap + 1);
    lower[start..]
        .iter()
        .take_while(|b| is_word(b))
        .copied()
        .filter(u8::is_ascii_alphanumeric)
        .collect()
}

pub(super) fn is_password(name: &[u8]) -> bool {
    name.is_empty()
        || [&b"pass"[..], b"pw", b"psk", b"credential"]
            .iter()
            .any(|word| memchr::memmem::find(name, word).is_some())
}

/// Names that say of the value itself that it is a password, and of nothing about one.
pub(super) fn ends_in_password(name: &[u8]) -> bool {
    let name = name
        .strip_suffix(b"1")
        .or(name.strip_suffix(b"2"))
        .unwrap_or(name);
    name.is_empty()
        || [
            &b"password"[..],
            b"passwd",
            b"pwd",
            b"pass",
            b"passphrase",
            b"passcode",
            b"pw",
            b"psk",
        ]
        .iter()
        .any(|word| name.ends_with(word))
}

/// Names that call a key or a token what it is, and no id.
pub(super) fn calls_key(name: &[u8]) -> bool {
    const ENDS: &str = "apikey apitoken accesskey accesstoken secretkey secret authkey authtoken token apisecret \
        bearer key pat";
    const IDS: &str = "session correlation request idempotency tenant trace project device push job upload \
        reset confirm invite verification file resource sync cursor page lock lease change lifecycle \
        action clienttoken clientrequest next update resume continuation pagination sequence term subject pub";
    let text = String::from_utf8_lossy(name);
    ENDS.split_ascii_whitespace().any(|end| text.ends_with(end))
        && !IDS.split_ascii_whitespace().any(|word| text.contains(word))
        && !holds_none(name)
}

/// Names that speak about a secret without holding one.
pub(super) fn holds_none(name: &[u8]) -> bool {
    const ENDS: &str = "id ids name names url uri urls path paths file files dir type types field fields \
        label title hash hashed digest regex regexp pattern prefix suffix len length size \
        count limit policy format header headers version expiry expires ttl scope env var \
        variable message error errors hint help text class mode endpoint ref arn index \
        offset kind input prompt desc description param parameter attr option flag status \
        state event handler callback provider manager service factory algorithm alg method \
        confirm confirmation required enabled stream range start end parser tokenizer set \
        list map table column selector fingerprint checksum thumbprint address host user \
        username email date time at source domain issuer audience grant store salt test \
        strength prefixes         schema placeholder template example sample mock encoding";
    const HOLDS: &str = "public pubkey publishable anonkey cachekey sortkey primarykey foreignkey partitionkey \
        websocket vapidkey hashkey rowkey mapkey indexkey groupkey messagekey translationkey i18nkey querykey eventkey routekey \
        dictkey objectkey reactkey columnkey uniquekey compositekey hotkey shortcutkey routingkey bucketkey s3key \
        lookupkey kmskey dedupkey hostkey itemkey storedkey resultkey tokeniz tokenis keyword secretary passwordless authentic \
        nonsecret nosecret notsecret fakesecret expected invalid wrong bogus dummy example \
        sample sitekey pagetoken nexttoken continuationtoken synctoken tokentype \
        eostoken bostoken padtoken unktoken instrumentationkey pusherappkey cancellation hashed \
        encrypted originsecret translat ciphertext updatetoken masked";
    // Words that begin like a password: what is left of the name without them decides.
    const PASSES: &str =
        "compass bypass passage passive passenger passport passthrough passed passing";
    let text = String::from_utf8_lossy(name);
    let mut passes = PASSES.split_ascii_whitespace();
    if let Some(word) = passes.find(|word| text.contains(word)) {
        return !is_told(&text.replace(word, ""));
    }
    // What a page sends back is public; what it is made with is not.
    let form = ["csrf", "xsrf"].iter().any(|word| text.contains(word)) && !text.ends_with("secret");
    // `cached_token_key`: what a cache finds the token by.
    let lookup = text.contains("cached") && text.ends_with("key");
    form || lookup
        || ENDS.split_ascii_whitespace().any(|end| text.ends_with(end))
        || HOLDS
            .split_ascii_whitespace()
            .any(|word| text.contains(word))
}

/// Whether a name still says that it is one of a secret.
fn is_told(name: &str) -> bool {
    [
        "pass",
        "pwd",
        "secret",
        "token",
        "apikey",
        "privatekey",
        "accesskey",
        "credential",
    ]
    .iter()
    .any(|word| name.contains(word))
        && !holds_none(name.as_bytes())
}

/// Whether the name in front of a value is one that everybody may see, whoever's word stands nearby:
/// what a page is marked with, what a cache is asked for.
pub(super) fn is_public(before: &[u8]) -> bool {
    const NAMES: [&[u8]; 4] = [
        b"sitekey",
        b"cachekey",
        b"idempotencykey",
        b"instrumentationkey",
    ];
    let name = of(&before[before.len().saturating_sub(64)..]);
    NAMES.iter().any(|word| name.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::{calls_key, holds_none, is_password, is_public, of};

    #[test]
    fn the_name_nearest_the_value_counts() {
        assert_eq!(of(b"db.Access_Token = \""), b"dbaccesstoken");
        assert_eq!(of(b"<th>host</th> admin password is "), b"password");
        assert_eq!(of(b"curl -u ci:"), b"");
        assert_eq!(of(b"smtp_pw: "), b"smtppw");
        assert_eq!(of(b"<key>DbPassword</key>\n<string>"), b"dbpassword");
        assert_eq!(of(b"<ws:Password Type=\"PasswordText\">"), b"password");
        assert_eq!(of(b"<add name=\"db\" key=\"DbToken\">"), b"dbtoken");
    }

    #[test]
    fn names_about_a_secret_hold_none() {
        for name in [
            "tokenurl",
            "passwordhash",
            "csrftoken",
            "nextpagetoken",
            "eostoken",
            "passport",
            "bypasstokenid",
            "passportnumber",
            "selfcachedtokenkey",
            "maskedtestsecret",
        ] {
            assert!(holds_none(name.as_bytes()), "{name}");
        }
        for name in [
            "accesstoken",
            "dbpassword",
            "clientsecret",
            "smtppass",
            "passportclientsecret",
            "vapidprivatekey",
            "compassapikey",
        ] {
            assert!(!holds_none(name.as_bytes()), "{name}");
        }
        assert!(
            calls_key(b"snykapitoken") && !calls_key(b"projecttoken") && !calls_key(b"cachekey")
        );
        assert!(is_password(b"smtppass") && !is_password(b"apikey"));
        assert!(is_public(b"acme_token: x\n  RECAPTCHA_SITE_KEY="));
        assert!(is_public(b"CACHE_KEY: ") && !is_public(b"SITE_KEYS_TOKEN="));
    }
}
