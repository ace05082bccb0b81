// Elements keeps the token that a call is tried with in the browser's storage
// for good. Here it lasts as long as the page.
"use strict";

const forget = () => {
	try {
		localStorage.removeItem("TryIt_securitySchemeValues");
	} catch {
		// A browser without storage has nothing to forget.
	}
};

forget();
addEventListener("pagehide", forget);
