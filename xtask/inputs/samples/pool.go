package main

import (
	"fmt"
	"os"
	"sync"
)

type job struct {
	id    int
	input string
}

func work(jobs <-chan job, results chan<- string, group *sync.WaitGroup) {
	defer group.Done()
	for job := range jobs {
		results <- fmt.Sprintf("%d: %d bytes", job.id, len(job.input))
	}
}

func main() {
	jobs, results := make(chan job), make(chan string, 16)
	var group sync.WaitGroup
	for i := 0; i < 4; i++ {
		group.Add(1)
		go work(jobs, results, &group)
	}
	for id, argument := range os.Args[1:] {
		jobs <- job{id, argument}
	}
	close(jobs)
	group.Wait()
	close(results)
	for line := range results {
		fmt.Println(line)
	}
}
