package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"

	"purvey"
)

// States of a job row. A completed job has no row. A parked one is due, but
// the worker that met it had no room in its lane; it is taken by lane, so that
// the queue of due jobs never begins with jobs that can't be run.
const (
	jobAvailable = "available"
	jobRunning   = "running"
	jobParked    = "parked"
	jobDiscarded = "discarded"
)

const jobColumns = `id, kind, key, lane, args, attempt, max_attempts, scheduled_at, errors, created_at`

func scanJob(s scanner, j *purvey.Job) error {
	var lane, args string
	if err := s.Scan(&j.ID, &j.Kind, &j.Key, &lane, &args, &j.Attempt, &j.MaxAttempts, at{&j.ScheduledAt}, doc{&j.Errors}, at{&j.CreatedAt}); err != nil {
		return err
	}
	_, j.Lane, _ = strings.Cut(lane, "/")
	if args != "" {
		j.Args = []byte(args)
	}
	return nil
}

// JobLane names the queue that jobs of a kind and lane share; it is what the
// lane column holds.
func JobLane(kind purvey.JobKind, lane string) string { return string(kind) + "/" + lane }

// Enqueue makes a job due, in the transaction that gives reason for it.
//
// Kind and Key name the job while its row is there. Enqueuing one that waits
// keeps the earlier time and changes nothing else. Enqueuing one that runs has
// it run once more, with the new arguments. A discarded one begins anew. An
// empty Key is replaced by the job's own id, so that it equals no other.
func (tx *Tx) Enqueue(ctx context.Context, j purvey.Job) error {
	_, err := tx.exec(ctx, enqueueText(1), tx.enqueueArgs(nil, j)...)
	if err == nil {
		tx.wakeAfter()
	}
	return err
}

// EnqueueAll is Enqueue for jobs of different names.
func (tx *Tx) EnqueueAll(ctx context.Context, jobs []purvey.Job) error {
	const many = 50
	for len(jobs) >= many {
		args := make([]any, 0, many*enqueueColumns)
		for _, j := range jobs[:many] {
			args = tx.enqueueArgs(args, j)
		}
		if _, err := tx.exec(ctx, enqueueText(many), args...); err != nil {
			return err
		}
		tx.wakeAfter()
		jobs = jobs[many:]
	}
	for _, j := range jobs {
		if err := tx.Enqueue(ctx, j); err != nil {
			return err
		}
	}
	return nil
}

const enqueueColumns = 8

func (tx *Tx) enqueueArgs(args []any, j purvey.Job) []any {
	now := tx.Now()
	if j.ID == "" {
		j.ID = tx.NewID()
	}
	if j.Key == "" {
		j.Key = j.ID
	}
	if j.ScheduledAt.IsZero() {
		j.ScheduledAt = now
	}
	return append(args, j.ID, string(j.Kind), j.Key, JobLane(j.Kind, j.Lane), string(j.Args), j.MaxAttempts, micros(j.ScheduledAt), micros(now))
}

func enqueueText(rows int) string {
	var b strings.Builder
	b.WriteString(`INSERT INTO job (id, kind, key, lane, args, max_attempts, scheduled_at, created_at,
		state, again_at, attempt, lease_until, worker, errors) VALUES `)
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for c := range enqueueColumns {
			b.WriteString("$" + strconv.Itoa(i*enqueueColumns+c+1) + ", ")
		}
		b.WriteString("'available', 0, 0, 0, '', '')")
	}
	b.WriteString(` ON CONFLICT (kind, key) DO UPDATE SET
		again_at = CASE WHEN job.state = 'running' AND (job.again_at = 0 OR job.again_at > excluded.scheduled_at)
			THEN excluded.scheduled_at ELSE job.again_at END,
		scheduled_at = CASE WHEN job.state = 'discarded' OR (job.state = 'available' AND job.scheduled_at > excluded.scheduled_at)
			THEN excluded.scheduled_at ELSE job.scheduled_at END,
		args = CASE WHEN job.state IN ('running', 'discarded') THEN excluded.args ELSE job.args END,
		lane = CASE WHEN job.state = 'discarded' THEN excluded.lane ELSE job.lane END,
		max_attempts = CASE WHEN job.state = 'discarded' THEN excluded.max_attempts ELSE job.max_attempts END,
		attempt = CASE WHEN job.state = 'discarded' THEN 0 ELSE job.attempt END,
		state = CASE WHEN job.state = 'discarded' THEN 'available' ELSE job.state END`)
	return b.String()
}

// EnqueuePeriodic sees to it that a periodic job of the kind exists. One that
// is there keeps its time.
func (tx *Tx) EnqueuePeriodic(ctx context.Context, kind purvey.JobKind, first time.Time) error {
	_, err := tx.exec(ctx, `INSERT INTO job (id, kind, key, lane, args, state, again_at, attempt, max_attempts, scheduled_at,
			lease_until, worker, errors, created_at)
		VALUES ($1, $2, $3, $4, '', 'available', 0, 0, 0, $5, 0, '', '', $6)
		ON CONFLICT (kind, key) DO NOTHING`,
		tx.NewID(), string(kind), JobPeriodic, JobLane(kind, ""), micros(first), micros(tx.Now()))
	return err
}

// JobPeriodic is the key of the periodic job of a kind.
const JobPeriodic = "periodic"

// NextJobAt is when the earliest waiting job is due; zero: none waits. Parked
// jobs are left out.
func (q Queries) NextJobAt(ctx context.Context) (time.Time, error) {
	var next time.Time
	err := q.each(ctx, `SELECT scheduled_at FROM job WHERE state = 'available' ORDER BY scheduled_at, id LIMIT 1`, nil,
		func(s *sql.Rows) error { return s.Scan(at{&next}) })
	return next, err
}

// DueJobs locks and gives waiting jobs that are due, the longest due first.
func (tx *Tx) DueJobs(ctx context.Context, limit int) ([]purvey.Job, error) {
	text := `SELECT ` + jobColumns + ` FROM job WHERE state = 'available' AND scheduled_at <= $1 ORDER BY scheduled_at, id LIMIT $2`
	if tx.engine == postgresEngine {
		// A queue fills and empties faster than the planner learns of it: left
		// to itself it may read and sort all that is due. This walks the index.
		text = `SELECT ` + jobColumns + ` FROM job WHERE state = 'available' AND scheduled_at <= $1
			AND id IN (SELECT id FROM job WHERE state = 'available' ORDER BY scheduled_at, id LIMIT $2)
			ORDER BY scheduled_at, id {skip locked}`
	}
	return collect(ctx, tx.Queries, text, []any{micros(tx.Now()), limit}, scanJob)
}

// ParkedJobs locks and gives the parked jobs of a lane (see JobLane), the
// longest due first.
func (tx *Tx) ParkedJobs(ctx context.Context, lane string, limit int) ([]purvey.Job, error) {
	return collect(ctx, tx.Queries, `SELECT `+jobColumns+` FROM job WHERE state = 'parked' AND lane = $1
		ORDER BY scheduled_at, id LIMIT $2 {skip locked}`, []any{lane, limit}, scanJob)
}

// ParkedLanes gives every lane that has a parked job.
func (q Queries) ParkedLanes(ctx context.Context) ([]string, error) {
	var lanes []string
	err := q.each(ctx, `WITH RECURSIVE l(lane) AS (
			SELECT min(lane) FROM job WHERE state = 'parked'
			UNION ALL
			SELECT (SELECT min(j.lane) FROM job j WHERE j.state = 'parked' AND j.lane > l.lane) FROM l WHERE l.lane IS NOT NULL)
		SELECT lane FROM l WHERE lane IS NOT NULL`, nil, func(s *sql.Rows) error {
		var lane string
		err := s.Scan(&lane)
		lanes = append(lanes, lane)
		return err
	})
	return lanes, err
}

// TakeJobs gives jobs to a worker until the lease ends, and counts a run.
func (tx *Tx) TakeJobs(ctx context.Context, ids []string, worker string, until time.Time) error {
	for some := range chunks(ids) {
		set, args := inList(3, some)
		if _, err := tx.exec(ctx, `UPDATE job SET state = 'running', attempt = attempt + 1, worker = $1, lease_until = $2
			WHERE id IN `+set, append([]any{worker, micros(until)}, args...)...); err != nil {
			return err
		}
	}
	return nil
}

// ParkJobs sets due jobs aside, to be taken by lane.
func (tx *Tx) ParkJobs(ctx context.Context, ids []string) error {
	for some := range chunks(ids) {
		set, args := inList(1, some)
		if _, err := tx.exec(ctx, `UPDATE job SET state = 'parked' WHERE id IN `+set, args...); err != nil {
			return err
		}
	}
	return nil
}

// FinishJobs removes jobs that a worker has done. Those that were enqueued
// again meanwhile wait for their next run instead.
func (tx *Tx) FinishJobs(ctx context.Context, worker string, ids []string) error {
	for some := range chunks(ids) {
		set, args := inList(2, some)
		args = append([]any{worker}, args...)
		n, err := tx.exec(ctx, `DELETE FROM job WHERE worker = $1 AND state = 'running' AND again_at = 0 AND id IN `+set, args...)
		if err != nil {
			return err
		}
		if int(n) == len(some) {
			continue
		}
		// What is still this worker's was enqueued while it ran.
		n, err = tx.exec(ctx, `UPDATE job SET state = 'available', attempt = 0, scheduled_at = again_at, again_at = 0, worker = '', lease_until = 0
			WHERE worker = $1 AND state = 'running' AND id IN `+set, args...)
		if err != nil {
			return err
		}
		if n > 0 {
			tx.wakeAfter()
		}
	}
	return nil
}

// PostponeJob has a job that a worker holds wait until a time, with the number
// of runs that count and the errors to keep. If it was enqueued meanwhile for
// an earlier time, it waits until then.
func (tx *Tx) PostponeJob(ctx context.Context, worker string, j purvey.Job) error {
	n, err := tx.exec(ctx, `UPDATE job SET state = 'available', attempt = $1, errors = $2, worker = '', lease_until = 0,
			scheduled_at = CASE WHEN again_at > 0 AND again_at < $3 THEN again_at ELSE $3 END,
			again_at = CASE WHEN again_at <= $3 THEN 0 ELSE again_at END
		WHERE id = $4 AND worker = $5 AND state = 'running'`, j.Attempt, asJSON(j.Errors), micros(j.ScheduledAt), j.ID, worker)
	if n > 0 {
		tx.wakeAfter()
	}
	return err
}

// DiscardJob gives a job up and keeps its errors. If it was enqueued
// meanwhile, it begins anew instead.
func (tx *Tx) DiscardJob(ctx context.Context, worker string, j purvey.Job) error {
	n, err := tx.exec(ctx, `UPDATE job SET state = CASE WHEN again_at > 0 THEN 'available' ELSE 'discarded' END,
			attempt = CASE WHEN again_at > 0 THEN 0 ELSE $1 END,
			scheduled_at = CASE WHEN again_at > 0 THEN again_at ELSE scheduled_at END,
			again_at = 0, errors = $2, worker = '', lease_until = 0
		WHERE id = $3 AND worker = $4 AND state = 'running'`, j.Attempt, asJSON(j.Errors), j.ID, worker)
	if n > 0 {
		tx.wakeAfter()
	}
	return err
}

// ReturnJobs puts jobs of a worker back as if it had never taken them.
func (tx *Tx) ReturnJobs(ctx context.Context, worker string, ids []string) error {
	for some := range chunks(ids) {
		set, args := inList(2, some)
		if _, err := tx.exec(ctx, `UPDATE job SET state = 'available', attempt = CASE WHEN attempt > 0 THEN attempt - 1 ELSE 0 END,
				worker = '', lease_until = 0 WHERE worker = $1 AND state = 'running' AND id IN `+set, append([]any{worker}, args...)...); err != nil {
			return err
		}
		tx.wakeAfter()
	}
	return nil
}

// RenewJobs lengthens the lease of jobs that a worker holds.
func (tx *Tx) RenewJobs(ctx context.Context, worker string, ids []string, until time.Time) error {
	for some := range chunks(ids) {
		set, args := inList(3, some)
		if _, err := tx.exec(ctx, `UPDATE job SET lease_until = $1 WHERE worker = $2 AND state = 'running' AND id IN `+set,
			append([]any{micros(until), worker}, args...)...); err != nil {
			return err
		}
	}
	return nil
}

// ExpiredJobs locks and gives the jobs whose lease has run out, with the name
// of the worker that had each.
func (tx *Tx) ExpiredJobs(ctx context.Context, limit int) (jobs []purvey.Job, workers []string, err error) {
	err = tx.each(ctx, `SELECT worker, `+jobColumns+` FROM job WHERE state = 'running' AND lease_until < $1
		ORDER BY lease_until LIMIT $2 {skip locked}`, []any{micros(tx.Now()), limit}, func(s *sql.Rows) error {
		var worker string
		var j purvey.Job
		err := scanJob(prefixed{s, &worker}, &j)
		jobs, workers = append(jobs, j), append(workers, worker)
		return err
	})
	return jobs, workers, err
}

// DiscardedJobs gives the jobs that were given up, the latest enqueued first.
func (q Queries) DiscardedJobs(ctx context.Context, limit int) ([]purvey.Job, error) {
	return collect(ctx, q, `SELECT `+jobColumns+` FROM job WHERE state = 'discarded' ORDER BY id DESC LIMIT $1`, []any{limit}, scanJob)
}

// Job gives a job's row and its state.
func (q Queries) Job(ctx context.Context, kind purvey.JobKind, key string) (j purvey.Job, state string, err error) {
	found := false
	err = q.each(ctx, `SELECT state, `+jobColumns+` FROM job WHERE kind = $1 AND key = $2`, []any{string(kind), key}, func(s *sql.Rows) error {
		found = true
		return scanJob(prefixed{s, &state}, &j)
	})
	if err == nil && !found {
		err = purvey.Missing("job")
	}
	return j, state, err
}

// JobCounts tells how many jobs there are in each state.
func (q Queries) JobCounts(ctx context.Context) (map[string]int64, error) {
	counts := map[string]int64{jobAvailable: 0, jobRunning: 0, jobParked: 0, jobDiscarded: 0}
	err := q.each(ctx, `SELECT state, count(*) FROM job GROUP BY state`, nil, func(s *sql.Rows) error {
		var state string
		var n int64
		err := s.Scan(&state, &n)
		counts[state] = n
		return err
	})
	return counts, err
}
