// The whole workflow through the unmodified Milvus client for Go.
//
// usage: milvus-go-client HOST:PORT FOLDER      FOLDER must lie below an import root of the server
//
// Prints "ok STEP" or "not ok STEP: why"; ends with exit code 0 only when all steps passed.
package main

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"time"

	mc "github.com/milvus-io/milvus/client/v2/milvusclient"
)

const limit = 150 * time.Second

// scenario is what the steps share.
type scenario struct {
	*mc.Client
	ctx     context.Context
	address string
	folder  string
}

type step struct {
	name string
	run  func(*scenario) error
}

// Steps build upon each other: the first one that fails ends the run.
var steps = []step{
	{"import by the bulk writer's helpers", importsFile},
	{"create a collection of every type", createsCollection},
	{"insert columns", insertsColumns},
	{"indexes of every kind", createsIndexes},
	{"load", loads},
	{"query", queries},
	{"search by every type of vector", searches},
	{"search with groups, ranges and rankers", searchesOtherwise},
	{"iterate", iterates},
	{"upsert and delete", changesRows},
	{"flush and compact", compacts},
	{"alter the schema", altersSchema},
	{"partitions", partitions},
	{"aliases", aliases},
	{"databases", databases},
	{"text", searchesTexts},
	{"users and roles", users},
	{"refusals", refusals},
	{"drop", drops},
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	client, err := mc.New(ctx, &mc.ClientConfig{Address: os.Args[1]})
	if err != nil {
		fail("connect", err)
	}
	shared := &scenario{client, ctx, os.Args[1], os.Args[2]}
	for _, step := range steps {
		if err := step.run(shared); err != nil {
			fail(step.name, err)
		}
		fmt.Println("ok", step.name)
	}
}

func fail(name string, err error) {
	fmt.Printf("not ok %s: %v\n", name, err)
	os.Exit(1)
}

func same(what string, got, wanted any) error {
	if reflect.DeepEqual(got, wanted) {
		return nil
	}
	return fmt.Errorf("%s: %v (%T), wanted %v (%T)", what, got, got, wanted, wanted)
}

// all runs checks until one fails.
func all(checks ...func() error) error {
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// sameList compares what a list call answers.
func sameList[T any](what string, wanted []T) func([]T, error) error {
	return func(got []T, err error) error {
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return same(what, got, wanted)
	}
}
