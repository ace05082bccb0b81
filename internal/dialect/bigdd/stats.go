package bigdd

import "purvey"

func (a *api) routesStats() {
	a.read("GET /public-api/v1/downloads/stats", anyRole, a.downloadStats)
}

type statsWire struct {
	Period struct {
		Start string `json:"start"`
		End   string `json:"end"`
	} `json:"period"`
	TotalDownloads      int64          `json:"total_downloads"`
	CountedDownloads    int64          `json:"counted_downloads"`
	BillableDownloads   int64          `json:"billable_downloads"`
	TotalBandwidthBytes int64          `json:"total_bandwidth_bytes"`
	TopFiles            []topFilesWire `json:"top_files"`
}

type topFilesWire struct {
	File           fileNameWire `json:"file"`
	Downloads      int64        `json:"downloads"`
	BandwidthBytes int64        `json:"bandwidth_bytes"`
}

// statsDays is the period when none is given.
const statsDays = 30

// downloadStats serves BDD-20.
func (a *api) downloadStats(r *request) (any, error) {
	start, err := r.timeParam("start")
	if err != nil {
		return nil, err
	}
	end, err := r.timeParam("end")
	if err != nil {
		return nil, err
	}
	if end.IsZero() {
		end = a.Orders.Now()
	}
	if start.IsZero() {
		start = end.AddDate(0, 0, -statsDays)
	}
	if !start.Before(end) {
		return nil, purvey.BadField("start", "must be before end")
	}
	s, err := a.Delivery.Stats(r.Context(), r.Scope(), start, end)
	if err != nil {
		return nil, err
	}
	w := statsWire{
		TotalDownloads: s.Total, CountedDownloads: s.Counted, BillableDownloads: s.Billable, TotalBandwidthBytes: s.Bandwidth, TopFiles: []topFilesWire{},
	}
	w.Period.Start, w.Period.End = wireTime(start), wireTime(end)
	for _, t := range s.TopFiles {
		w.TopFiles = append(w.TopFiles, topFilesWire{fileNameWire{t.File.ID, t.File.Name, t.File.Size, t.File.Type}, t.Downloads, t.Bandwidth})
	}
	return w, nil
}
