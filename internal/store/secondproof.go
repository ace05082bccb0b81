package store

import (
	"context"
)

// SetTOTPPending keeps a sealed secret until a code confirms it.
func (tx *Tx) SetTOTPPending(ctx context.Context, memberID, sealed string) error {
	_, err := tx.exec(ctx, `UPDATE member SET totp_pending = $2, updated_at = $3 WHERE id = $1`, memberID, sealed, micros(tx.Now()))
	return err
}

// ConfirmTOTP puts the pending secret in force, if it is still that one. The
// step is that of the code which confirmed it, and is used up.
func (tx *Tx) ConfirmTOTP(ctx context.Context, memberID, sealed string, step int64) (bool, error) {
	n, err := tx.exec(ctx, `UPDATE member SET totp = totp_pending, totp_pending = '', totp_step = $3, updated_at = $4
		WHERE id = $1 AND totp_pending = $2 AND totp_pending <> ''`, memberID, sealed, step, micros(tx.Now()))
	return n == 1, err
}

// ClearTOTP ends the second proof of a member, with its recovery codes. It
// gives false when there was none.
func (tx *Tx) ClearTOTP(ctx context.Context, memberID string) (bool, error) {
	n, err := tx.exec(ctx, `UPDATE member SET totp = '', totp_pending = '', totp_step = 0, updated_at = $2 WHERE id = $1 AND totp <> ''`,
		memberID, micros(tx.Now()))
	if err != nil {
		return false, err
	}
	return n == 1, tx.SetRecoveryCodes(ctx, memberID, nil)
}

// UseTOTPStep takes the code of a step; false when that or a later one was
// taken before.
func (tx *Tx) UseTOTPStep(ctx context.Context, memberID string, step int64) (bool, error) {
	n, err := tx.exec(ctx, `UPDATE member SET totp_step = $2 WHERE id = $1 AND totp_step < $2`, memberID, step)
	return n == 1, err
}

// SetRecoveryCodes replaces a member's recovery codes by their hashes.
func (tx *Tx) SetRecoveryCodes(ctx context.Context, memberID string, hashes []string) error {
	if _, err := tx.exec(ctx, `DELETE FROM recovery_code WHERE member_id = $1`, memberID); err != nil {
		return err
	}
	for _, h := range hashes {
		if _, err := tx.exec(ctx, `INSERT INTO recovery_code (member_id, hash) VALUES ($1, $2)`, memberID, h); err != nil {
			return err
		}
	}
	return nil
}

// UseRecoveryCode takes one; false when there is no such.
func (tx *Tx) UseRecoveryCode(ctx context.Context, memberID, hash string) (bool, error) {
	n, err := tx.exec(ctx, `DELETE FROM recovery_code WHERE member_id = $1 AND hash = $2`, memberID, hash)
	return n == 1, err
}
