// Elements keeps the token that a call is tried with in the browser's storage
// for good. Here it lasts as long as the page.
"use strict";

const kept = "TryIt_securitySchemeValues";

const forget = () => {
	try {
		localStorage.removeItem(kept);
	} catch {
		// A browser without storage has nothing to forget.
	}
};

// The back office opens this page with a token that it has just made.
const take = () => {
	try {
		const token = sessionStorage.getItem("purvey_try_token");
		sessionStorage.removeItem("purvey_try_token");
		if (token) localStorage.setItem(kept, JSON.stringify({ token }));
	} catch {
		// Then the token is typed.
	}
};

forget();
take();
addEventListener("pagehide", forget);
