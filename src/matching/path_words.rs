// SPDX-License-Identifier: Apache-2.0
//! Words that [`super::path_judge`] weighs a path by: names that are nobody's, names of machines
//! and services, folders that only a person's home has, places where a path illustrates.

use crate::classify::{Purpose, purposes};

/// Names that stand for "whoever reads this".
#[rustfmt::skip]
const PLACEHOLDERS: &[&str] = &[
    "abc", "absolute", "account", "anonymous", "anyone", "anyuser", "asdf", "attacker", "bar", "baz", "blabla",
    "blah", "changeme", "current", "currentuser", "dir", "directory", "dirs", "dummy", "dummyuser",
    "eggs", "example", "example-user", "exampleuser", "fake", "fakeuser", "file-system", "filename",
    "filesystem", "first", "firstname", "folder", "foo", "foo.bar", "foobar", "fred", "handle",
    "hello", "helloworld", "here", "home", "homedir", "homes", "last", "lastname", "login", "lorem",
    "me", "missing", "my", "my-user", "my-username", "my_user", "my_username", "myaccount",
    "myhome", "myid", "mylogin", "myname", "myself", "myuser", "myusername", "name", "newuser",
    "nickname", "nobody", "none", "nonexistent", "other", "other-user", "otheruser", "partition",
    "path", "person", "placeholder", "private", "profile", "project", "projects", "quux", "qux",
    "redacted", "sample", "some", "some-user", "some_user", "somebody", "someone", "someone-else",
    "someuser", "somewhere", "spam", "subdir", "subdirectory", "surname", "test", "test-user",
    "test_user", "tester", "testing", "tests", "testuser", "that", "the", "this", "to", "u", "un",
    "unknown", "use", "user", "user-name", "user-profile", "user.name", "user_id", "user_name",
    "userdir", "userid", "username", "username_here", "users", "usr", "victim", "volume", "whatever",
    "whoami", "whoever", "world", "x", "xx", "xy", "xyz", "y", "you", "your", "your-account",
    "your-name", "your-user", "your-user-name", "your-username", "your_account", "your_name",
    "your_user", "your_user_name", "your_username", "yourlogin", "yourname", "yourself", "youruser",
    "yourusername", "yyy", "z", "zzz",
];

/// Accounts of images, distributions and services: they name a role, not a person.
#[rustfmt::skip]
const SERVICES: &[&str] = &[
    "admin", "administrator", "airflow", "alarm", "all", "all users", "android", "ansible", "apache",
    "app", "app-user", "app_user", "application", "apps", "appuser", "arch", "backup", "bin", "bot",
    "build", "builder", "buildozer", "builduser", "bun", "cassandra", "centos", "chrome", "chronos",
    "claude", "cloud-user", "cloud_user", "cloudshell-user", "coder", "codespace", "codex", "conan",
    "conda", "container", "core", "cpython", "dart", "dask", "data", "debian", "default",
    "default user", "demo", "deno", "deploy", "deployer", "desktop", "dev", "devcontainer", "develop",
    "developer", "devuser", "dietpi", "discourse", "django", "docker", "docs", "ec2-user",
    "elasticsearch", "elixir", "erlang", "fedora", "firmware", "flask", "flink", "forgejo", "frappe",
    "ftp", "git", "gitea", "gitpod", "gogs", "gradle", "groups", "guest", "hadoop", "haskell", "hdfs",
    "headless", "homeassistant", "http", "httpd", "jboss", "jovyan", "jupyter", "kafka", "kali",
    "kasm-user", "kasm_user", "kernel", "keycloak", "kibana", "kube", "kubernetes", "lib", "linuxbrew",
    "live", "local", "localuser", "lost+found", "mambauser", "manager", "marimo", "mastodon",
    "mattermost", "maven", "metabase", "micromamba", "minecraft", "minio", "mosquitto", "mysql",
    "neo4j", "netlify", "nextjs", "nginx", "nifi", "nix", "node", "nodejs", "nonroot", "notebook",
    "octoprint", "odoo", "oem", "opam", "opc", "openclaw", "opensearch", "opensips", "operator",
    "oracle", "owner", "packages", "packer", "pi", "playwright", "pn", "podman", "postgres", "postman",
    "pptruser", "presto", "proxy", "public", "puppeteer", "pwuser", "pyodide", "python", "rabbitmq",
    "ray", "redis", "redmine", "remote", "retropie", "rocketchat", "rocky", "root", "ros", "rstudio",
    "ruby", "runtime", "rust", "samba", "scrapy", "secureuser", "selenium", "seluser", "server",
    "service", "shared", "shiny", "solr", "sonarqube", "spack", "spark", "src", "ssh", "ssm-user",
    "staff", "steam", "superset", "svc", "system", "tigergraph", "tmp", "tomcat", "trino", "turtlebot",
    "ubuntu", "vagrant", "vault", "volumio", "vscode", "web", "web_user", "webapp", "weblate",
    "webmaster", "wildfly", "work", "worker", "workspace", "workspaces", "www", "www-data", "zookeeper",
    "zulip",
];

/// Accounts of build services; the rule for build machines speaks of those.
#[rustfmt::skip]
const RUNNERS: &[&str] = &[
    "administrator.azure", "appveyor", "azdo", "azureuser", "bamboo", "bitrise", "buildagent", "buildbot",
    "buildkite", "buildkite-agent", "buildslave", "ci", "cibuild", "circleci", "cirrus", "cloudtest",
    "concourse", "containeradministrator", "containeruser", "distiller", "drone", "forge",
    "gha", "github", "github-runner", "gitlab-runner", "jenkins", "jenkins-slave", "mock",
    "mockbuild", "nixbld", "runner", "runneradmin", "runnera~1", "runner~1", "semaphore",
    "teamcity", "travis", "vssadministrator", "vsts", "vsts_azpcontainer", "woodpecker",
];

/// Names that documentation gives to invented people.
#[rustfmt::skip]
const INVENTED: &[&str] = &[
    "adam", "alan", "alex", "alice", "amy", "andrew", "andy", "ann", "anna", "anne", "antoine",
    "barney", "ben", "betty", "bill", "billy", "bob", "bobby", "brian", "carl", "carol", "charlie",
    "chris", "christian", "dan", "daniel", "dave", "david", "dick", "doe", "duncan", "ed",
    "eric", "eva", "eve", "ferris", "frank", "george", "grace", "gregory", "guido", "harry",
    "henry", "ivan", "jack", "jake", "james", "jane", "jane.doe", "janedoe", "janet", "jason",
    "jdoe", "jeff", "jim", "jimmy", "joe", "joebloggs", "john", "john.doe", "john.smith",
    "john_doe", "johndoe", "johnny", "johnsmith", "jon", "jsmith", "judy", "julia", "kate",
    "kevin", "larry", "laura", "lisa", "luke", "mallory", "maria", "mark", "mary", "matt",
    "max", "michael", "mike", "monty", "nick", "oscar", "pat", "paul", "peggy", "peter", "phil",
    "richard", "rick", "rob", "robert", "rupert", "sally", "sam", "sara", "sarah", "sean",
    "simon", "smith", "steve", "sue", "susan", "sweet", "sybil", "ted", "thomas", "tim", "tom", "trent",
    "trudy", "victor", "wakko", "walter", "will", "william", "yakko",
];

/// Second components of routes and site paths that look like `/home/NAME`.
#[rustfmt::skip]
const PAGES: &[&str] = &[
    "about", "account", "accounts", "actions", "activity", "album", "albums", "alerts", "analytics",
    "announcement", "announcements", "api", "apply", "appointments", "archive", "article",
    "articles", "assets", "assistant", "audio", "auth", "author", "authors", "automation", "avatar",
    "banner", "banners", "basic", "basket", "billing", "blog", "board", "boards", "bookings",
    "bookmark", "bookmarks", "books", "brand", "brands", "browse", "button", "calendar", "card",
    "cards", "careers", "cart", "catalog", "catalogue", "categories", "category", "chart", "charts",
    "chat", "checkout", "cities", "city", "client", "clients", "collection", "collections",
    "comment", "comments", "community", "company", "compare", "components", "config",
    "configuration", "confirm", "connect", "contact", "content", "contents", "control", "controls",
    "conversation", "course", "courses", "create", "css", "customer", "customers", "customize",
    "dashboard", "data-table", "deals", "default", "delete", "departments", "design", "detail",
    "details", "discover", "discovery", "discussion", "documents-list", "donate", "download",
    "downloads", "edit", "editor", "employee", "employees", "en", "en-us", "enquiry", "entry",
    "error", "event", "events", "example-page", "explore", "export", "faq", "favorites",
    "favourites", "featured", "features", "feed", "feedback", "file", "files", "filter", "filters",
    "font", "fonts", "footer", "form", "forms", "forum", "friends", "gallery", "games", "general",
    "get", "goals", "graph", "grid", "group", "guide", "guides", "header", "hello-world", "help",
    "hero", "history", "home", "homepage", "hotels", "html", "icon", "icons", "image", "images",
    "img", "inbox", "index", "info", "insights", "integrations", "introduction", "invite",
    "invoice", "invoices", "item", "items", "jobs", "join", "js", "landing", "language", "latest",
    "layout", "learn", "legal", "library", "license", "links", "list", "live", "loading",
    "locations", "log", "logging", "login", "logo", "logout", "logs", "main", "manage", "map",
    "maps", "market", "marketplace", "me", "media", "meetings", "member", "members", "menu",
    "message", "messages", "metrics", "mobile", "modal", "modules", "monitor", "more", "movies",
    "music", "my-account", "nav", "navbar", "navigation", "new", "news", "newsletter", "not-found",
    "note", "notes", "notice", "notification", "notifications", "offers", "onboarding", "order",
    "orders", "organization", "organizations", "overview", "page", "pages", "panel", "partners",
    "password", "patients", "payment", "payments", "people", "performance", "permission",
    "permissions", "photo", "photos", "picture", "plan", "plans", "play", "playlist", "policy",
    "popular", "portfolio", "post", "posts", "preferences", "preview", "pricing", "print",
    "privacy", "problems", "process", "product", "products", "profile", "profiles", "programs",
    "promotions", "properties", "public-profile", "purchase", "queries", "question", "questions",
    "queue", "quiz", "random", "ranking", "read", "recent", "recommended", "register", "reminders",
    "report", "reports", "request", "requests", "reservations", "reset", "resources", "results",
    "review", "reviews", "role", "roles", "room", "rooms", "route", "routes", "rules", "sale",
    "sales", "save", "schedule", "scripts", "search", "section", "sections", "security",
    "selection", "send", "service-list", "services", "session", "sessions", "settings", "setup",
    "share", "shipping", "shop", "shopping", "show", "sidebar", "sign-in", "sign-up", "signin",
    "signup", "site", "sites", "slider", "slides", "social", "sort", "sounds", "staff-list",
    "start", "static", "statistics", "stats", "status", "store", "stories", "story", "student",
    "students", "style", "styles", "subjects", "submit", "subscribe", "subscription",
    "subscriptions", "success", "suggestions", "summary", "support", "switch", "tab", "table",
    "tables", "tabs", "tag", "tags", "task", "tasks", "teacher", "teachers", "team", "teams",
    "template", "templates", "terms", "text", "theme", "themes", "tickets", "timeline", "title",
    "todo", "todos", "toggle", "tools", "topic", "topics", "tour", "track", "tracking",
    "transactions", "transfer", "translations", "trending", "trips", "types", "unread", "update",
    "upgrade", "upload", "uploads", "urls", "user-list", "users-list", "validate", "verify",
    "version", "video", "videos", "view", "views", "vote", "wallet", "weather", "welcome",
    "welcome-page", "whats-new", "widget", "widgets", "wishlist", "wizard", "workflow", "workflows",
];

/// First folders below a home that no site and no route has.
#[rustfmt::skip]
const HOME_FOLDERS: &[&str] = &[
    "anaconda", "anaconda2", "anaconda3", "appdata", "application data", "applications", "bin",
    "build", "builds", "checkout", "code", "conda", "desktop", "dev", "develop", "development",
    "documents", "downloads", "dropbox", "eclipse-workspace", "env", "envs", "git", "github",
    "gitlab", "go", "google drive", "icloud drive", "ideaprojects", "library", "local settings",
    "local", "mambaforge", "miniconda", "miniconda2", "miniconda3", "miniforge3",
    "my documents", "onedrive", "phpstormprojects", "pictures", "programs", "proj", "projects",
    "pycharmprojects", "pyenv", "python", "repo", "repos", "repositories", "sandbox", "scm", "scratch",
    "site-packages", "sites", "source", "sources", "src", "tmp", "venv", "venvs", "virtualenvs",
    "webstormprojects", "work", "workspace", "workspaces",
];

/// First folders of source trees: what follows one of them is a relative path.
const SOURCE_FOLDERS: &[&[u8]] = &[
    b"app",
    b"cmd",
    b"components",
    b"crates",
    b"examples",
    b"include",
    b"internal",
    b"lib",
    b"modules",
    b"packages",
    b"pages",
    b"pkg",
    b"src",
    b"static",
    b"templates",
    b"tests",
    b"views",
];

/// Lists with the ending of prose that tools write for themselves or for each other.
const TOOL_LISTS: &[&str] = &[
    "cmakecache.txt",
    "compile_flags.txt",
    "install_manifest.txt",
    "link.txt",
    "targetdirectories.txt",
];

/// Folders and files of invented projects.
#[rustfmt::skip]
const MANUAL_FOLDERS: &[&str] = &[
    "bar", "baz", "eggs", "example", "examples", "foo", "foobar", "my-app", "my-project", "my_app",
    "my_project", "myapp", "mydir", "myfile", "mypackage", "myproject", "mysite", "mysockets",
    "path", "project", "sample", "some", "spam", "to",
];

/// Whether `name` (lower case) stands for whoever reads it.
pub(super) fn is_placeholder(name: &str) -> bool {
    let repeated = name
        .bytes()
        .next()
        .is_some_and(|first| name.len() > 1 && name.bytes().all(|b| b == first));
    let numbered = name.trim_end_matches(|c: char| c.is_ascii_digit());
    // `user1`, `user-2`, `testuser42`: a numbered placeholder; `x1` and the like are not read so.
    let numbered = numbered.trim_end_matches(['-', '_']);
    // `first.last`, `my_name`: placeholders put together.
    let parts = || name.split(['.', '_', '-', ' ']);
    let together = parts().count() > 1 && parts().all(|part| PLACEHOLDERS.contains(&part));
    repeated
        || together
        || PLACEHOLDERS.contains(&name)
        || (numbered.len() > 3 && PLACEHOLDERS.contains(&numbered))
        || name.starts_with("foo") && name.len() <= 6
        || name.contains("your")
        || name.contains("username")
        || name.contains("placeholder")
        // `randomuser`, `deployuser`: made for a purpose.
        || name.len() > 6 && name.ends_with("user")
}

/// Whether `name` (lower case) is an account that every copy of an image or system has.
pub(super) fn is_service(name: &str) -> bool {
    // `web-service`, `project-web`: roles put together.
    let known = |part: &str| {
        SERVICES.contains(&part) || PAGES.contains(&part) || PLACEHOLDERS.contains(&part)
    };
    if name.contains('-') && name.split('-').all(known) {
        return true;
    }
    // `node1`, `worker-3`: one of many.
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let stem = stem.trim_end_matches(['-', '_']);
    SERVICES.contains(&name) || stem.len() > 2 && SERVICES.contains(&stem)
}

/// Whether `name` (lower case) is an account of a build service.
pub(super) fn is_runner(name: &str) -> bool {
    RUNNERS.contains(&name)
}

/// Whether `name` (lower case) is one that documentation gives to invented people: a first name,
/// or an initial before the two surnames of all examples.
pub(super) fn is_invented(name: &str) -> bool {
    let initial = name.len() <= 6 && (name.ends_with("smith") || name.ends_with("doe"));
    name.len() == 1 || initial || INVENTED.contains(&name)
}

/// Whether `folder` (lower case) is one that manuals fill examples with.
pub(super) fn is_manual_folder(folder: &str) -> bool {
    let stem = folder.split('.').next().unwrap_or(folder);
    MANUAL_FOLDERS.contains(&stem)
}

/// Whether `name` (lower case) is a word of sites and routes.
pub(super) fn is_page(name: &str) -> bool {
    // `order-history`: words of sites put together.
    let mut parts = name.split(['-', '_']);
    PAGES.contains(&name) || parts.all(|part| PAGES.contains(&part))
}

/// Whether `folder` is one that source trees begin with.
pub(super) fn is_source_folder(folder: &[u8]) -> bool {
    SOURCE_FOLDERS.contains(&folder)
}

/// Whether `file` (lower case) looks like prose by its ending and is a list for tools.
pub(super) fn is_tool_list(file: &str) -> bool {
    TOOL_LISTS.contains(&file) || file.starts_with("requirements") && file.ends_with(".txt")
}

/// Whether `folder` (lower case) is one that people have in their homes.
pub(super) fn is_home_folder(folder: &str) -> bool {
    folder.len() > 1 && folder.starts_with('.') && folder.as_bytes()[1].is_ascii_alphabetic()
        || HOME_FOLDERS.contains(&folder)
}

/// Whether a folder or file of `path` says that its content illustrates or tests.
pub(super) fn illustrates(path: &str) -> bool {
    // What PyInstaller and rpmbuild read is no specification in the sense of a test.
    let path = path.strip_suffix(".spec").unwrap_or(path);
    purposes(path).next().is_some()
}

/// Whether a folder of `folders` says that what lies below are inputs of tests.
pub(super) fn holds_fixtures(folders: &str) -> bool {
    purposes(folders).any(|word| word == Purpose::Test)
}
