package server

import (
	"net/http"
	"net/http/pprof"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"purvey/internal/middleware"
)

// Registry makes a registry of metrics with those of the process and of Go's
// runtime in it.
func Registry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// Measure counts requests, their time and their bytes by route. A route is the
// pattern of the mux, never the path, so that neither secrets nor endless
// labels come about; it must therefore stand directly around the router.
func Measure(r prometheus.Registerer) middleware.Middleware {
	labels := []string{"route", "status"}
	took := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "purvey_http_request_duration_seconds", Help: "Time from the headers of a request to the end of its answer.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5, 30, 300},
	}, labels)
	sent := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "purvey_http_response_bytes_total", Help: "Bytes of answers' bodies handed to the connection.",
	}, labels)
	running := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "purvey_http_requests_running", Help: "Requests being answered now.",
	})
	r.MustRegister(took, sent, running)
	var series sync.Map // of result to *measures: finding a series by its labels costs more than counting
	of := func(x result) *measures {
		if m, ok := series.Load(x); ok {
			return m.(*measures)
		}
		code := strconv.Itoa(x.status)
		m := &measures{took.WithLabelValues(x.route, code), sent.WithLabelValues(x.route, code)}
		series.Store(x, m)
		return m
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start, rec := time.Now(), middleware.Record(w)
			running.Inc()
			defer func() {
				running.Dec()
				route, status := r.Pattern, rec.Status()
				if route == "" {
					route = "none"
				}
				if status == 0 {
					status = http.StatusOK
				}
				m := of(result{route, status})
				m.took.Observe(time.Since(start).Seconds())
				m.sent.Add(float64(rec.Bytes()))
			}()
			next.ServeHTTP(rec, r)
		})
	}
}

// result is what requests are told apart by.
type result struct {
	route  string
	status int
}

// measures are the series of one result.
type measures struct {
	took prometheus.Observer
	sent prometheus.Counter
}

// Debug serves /metrics and /debug/pprof/. It asks for no credential, so it
// belongs on an address that only the operator reaches.
func Debug(g prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	if g != nil {
		mux.Handle("GET /metrics", promhttp.HandlerFor(g, promhttp.HandlerOpts{}))
	}
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}
