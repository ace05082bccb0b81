package purvey

import (
	"encoding/json"
	"time"
)

// JobKind names a kind of work. The server ties each kind to one handler.
type JobKind string

// The kinds of work.
const (
	JobSendMessage   JobKind = "send_message"    // Key: message id
	JobSendWebhook   JobKind = "send_webhook"    // Key: delivery id; Lane: endpoint id
	JobServeWaiting  JobKind = "serve_waiting"   // Key: shop, mode and tag
	JobSettleKeys    JobKind = "settle_keys"     // Key: "all"
	JobReleaseDate   JobKind = "release_date"    // Key: product id and instant
	JobFulfil        JobKind = "fulfil"          // Key: line id
	JobEndLine       JobKind = "end_line"        // Key: line id and instant
	JobNotifyUpdate  JobKind = "notify_update"   // Key: version id
	JobReplay        JobKind = "replay_endpoint" // Key: endpoint id and what of it
	JobSweepUploads  JobKind = "sweep_uploads"   // periodic
	JobSweepBlobs    JobKind = "sweep_blobs"     // periodic
	JobSweepRecords  JobKind = "sweep_records"   // periodic: old idempotency answers, webhook history
	JobKeepFigures   JobKind = "keep_figures"    // periodic: figures of what changes no more
	JobSweepSales    JobKind = "sweep_sales"     // periodic: pending sales past their age
	JobStoreEvent    JobKind = "take_store_event"
	JobCheckEndpoint JobKind = "check_endpoints" // periodic: warn of and switch off dead ones
	JobBandwidth     JobKind = "check_bandwidth" // periodic: warn of budgets that are nearly spent
)

// Job is work that must happen later, at least once. It is enqueued in the
// transaction that makes it due. Kind and Key name it: while such a job
// waits, enqueuing it again changes nothing; while it runs, it is run once
// more afterwards.
type Job struct {
	ID          string
	Kind        JobKind
	Key         string
	Lane        string          // jobs of one lane share a limit of concurrency; "" none
	Args        json.RawMessage // nil: the key says all
	Attempt     int             // of the run in progress; 1 is the first
	MaxAttempts int             // 0: the kind's own
	ScheduledAt time.Time       // zero: now
	Errors      []JobError      // the last ten
	CreatedAt   time.Time
}

// JobError is what a failed run left behind.
type JobError struct {
	At    time.Time
	Error string
}

// JobSnooze is the error of a run that must be followed by another at a set
// time, without counting as an attempt.
type JobSnooze struct {
	Until time.Time
	Cause error // kept among the job's errors; nil: nothing to keep
}

func (e *JobSnooze) Error() string {
	if e.Cause == nil {
		return "to be run again at " + e.Until.Format(time.RFC3339)
	}
	return e.Cause.Error()
}

// Unwrap gives the cause.
func (e *JobSnooze) Unwrap() error { return e.Cause }

// JobDiscard is the error of a run that no other run would mend: the job is
// given up at once and stays with its errors.
type JobDiscard struct{ Cause error }

func (e *JobDiscard) Error() string { return e.Cause.Error() }

// Unwrap gives the cause.
func (e *JobDiscard) Unwrap() error { return e.Cause }
