package auth

import (
	"strings"

	"purvey"
)

// deviceOf names a browser and its system by what it says of itself. Many say
// that they are others too, so the more telling words come first.
func deviceOf(userAgent string) purvey.Device {
	name := func(names [][2]string) string {
		for _, n := range names {
			if strings.Contains(userAgent, n[0]) {
				return n[1]
			}
		}
		return ""
	}
	return purvey.Device{
		Browser: name([][2]string{
			{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Vivaldi", "Vivaldi"}, {"DuckDuckGo", "DuckDuckGo"},
			{"Firefox/", "Firefox"}, {"FxiOS", "Firefox"}, {"CriOS", "Chrome"}, {"Chrome/", "Chrome"}, {"Chromium/", "Chromium"}, {"Safari/", "Safari"},
		}),
		System: name([][2]string{
			{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"}, {"Windows", "Windows"}, {"Macintosh", "Mac"}, {"Linux", "Linux"},
		}),
	}
}
