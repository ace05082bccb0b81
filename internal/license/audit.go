package license

import "purvey"

// keyChange tells the audit log of one key that leaves where it was, by the end
// of its text alone.
func keyChange(scope purvey.Scope, k purvey.LicenseKey, action string) purvey.AuditEntry {
	before := purvey.AuditFields{"tag": k.Tag}
	if k.Assigned() {
		before["order_id"], before["order_name"] = k.OrderID, k.OrderName
	}
	return purvey.AuditEntry{
		ShopID: scope.ShopID, Mode: scope.Mode, Action: action, Before: before,
		Object: purvey.AuditObject{Type: "license_key", ID: k.ID, Name: purvey.MaskKey(k.Key)},
	}
}

// keysChange tells it of many keys of a tag.
func keysChange(scope purvey.Scope, tag, action string, count int) purvey.AuditEntry {
	return purvey.AuditEntry{
		ShopID: scope.ShopID, Mode: scope.Mode, Action: action, After: purvey.AuditFields{"tag": tag, "count": count},
		Object: purvey.AuditObject{Type: "license_keys", ID: tag, Name: tag},
	}
}
