package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/milvus-io/milvus/client/v2/bulkwriter"
	"github.com/milvus-io/milvus/client/v2/entity"
	mc "github.com/milvus-io/milvus/client/v2/milvusclient"
)

const imported = "compat_go_import"
const importedRows = 1000

func importsFile(s *scenario) error {
	path, err := writeRows(s.folder)
	if err != nil {
		return err
	}
	if err := s.CreateCollection(s.ctx, mc.SimpleCreateCollectionOptions(imported, 4).WithAutoID(false)); err != nil {
		return err
	}
	url := "http://" + s.address
	job, err := bulkwriter.BulkImport(s.ctx, bulkwriter.NewBulkImportOption(url, imported, [][]string{{path}}))
	if err != nil {
		return err
	}
	if err := waits(s, url, job.Data.JobID); err != nil {
		return err
	}
	return all(func() error { return isListed(s, url, job.Data.JobID) }, func() error { return hasRows(s, imported, "", importedRows) })
}

func writeRows(folder string) (string, error) {
	var lines strings.Builder
	for i := range importedRows {
		fmt.Fprintf(&lines, "{\"id\":%d,\"vector\":[%d,1,2,3],\"tag\":\"t%d\"}\n", i, i, i%10)
	}
	path := filepath.Join(folder, "rows.jsonl")
	return path, os.WriteFile(path, []byte(lines.String()), 0o644)
}

func waits(s *scenario, url, job string) error {
	for {
		answer, err := bulkwriter.GetImportProgress(s.ctx, bulkwriter.NewGetImportProgressOption(url, job))
		if err != nil {
			return err
		}
		data := answer.Data
		if data.State == "Failed" {
			return fmt.Errorf("the job failed: %s", data.Reason)
		}
		if data.State == "Completed" {
			return same("progress and rows", []int64{data.Progress, data.ImportedRows, data.TotalRows}, []int64{100, importedRows, importedRows})
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func isListed(s *scenario, url, job string) error {
	answer, err := bulkwriter.ListImportJobs(s.ctx, bulkwriter.NewListImportJobsOption(url, imported))
	if err != nil {
		return err
	}
	records := answer.Data.Records
	return same("jobs", []any{len(records), records[0].JobID, records[0].State}, []any{1, job, "Completed"})
}

// hasRows counts what a filter keeps, at the strongest consistency.
func hasRows(s *scenario, collection, filter string, wanted int64) error {
	option := mc.NewQueryOption(collection).WithFilter(filter).WithOutputFields("count(*)").WithConsistencyLevel(entity.ClStrong)
	answer, err := s.Query(s.ctx, option)
	if err != nil {
		return err
	}
	count, err := answer.GetColumn("count(*)").GetAsInt64(0)
	if err != nil {
		return err
	}
	return same("rows of "+collection+" where "+filter, count, wanted)
}
