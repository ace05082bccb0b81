package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
)

// directRunner executes on one connection that nobody else uses, handing
// statements to the driver itself: database/sql's locks and look-ups cost as
// much as a small insert does. Queries go the usual way.
type directRunner struct {
	stmtRunner
	conn  *sql.Conn
	stmts map[string]driver.Stmt
	args  []driver.NamedValue
}

func newDirectRunner(conn *sql.Conn) *directRunner {
	return &directRunner{stmtRunner: stmtRunner{db: conn}, conn: conn, stmts: map[string]driver.Stmt{}}
}

func (r *directRunner) exec(_ context.Context, text string, args []any) (res sql.Result, err error) {
	r.args = r.args[:0]
	for i, a := range args {
		v, err := driverValue(a)
		if err != nil {
			return nil, err
		}
		r.args = append(r.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	err = r.conn.Raw(func(c any) error {
		s, ok := r.stmts[text]
		if !ok {
			p, ok := c.(driver.ConnPrepareContext)
			if !ok {
				return fmt.Errorf("the driver cannot prepare")
			}
			if s, err = p.PrepareContext(context.Background(), text); err != nil {
				return err
			}
			r.stmts[text] = s
		}
		e, ok := s.(driver.StmtExecContext)
		if !ok {
			return fmt.Errorf("the driver cannot execute")
		}
		res, err = e.ExecContext(context.Background(), r.args)
		return err
	})
	return res, err
}

// driverValue turns an argument into what drivers take.
func driverValue(a any) (driver.Value, error) {
	switch v := a.(type) {
	case string, int64, bool, nil:
		return v, nil
	case int:
		return int64(v), nil
	case driver.Valuer:
		return v.Value()
	}
	return driver.DefaultParameterConverter.ConvertValue(a)
}
