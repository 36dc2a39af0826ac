// Serves HTTP on the listener that the host passes as the first descriptor after the standard streams.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
)

func main() {
	listener, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("GET /square/{number}", square)
	http.HandleFunc("POST /upper", upper)
	http.HandleFunc("GET /lines/{count}", lines)
	log.Fatal(http.Serve(listener, nil))
}

// Answers with a length that is known.
func square(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.Atoi(r.PathValue("number"))
	if err != nil {
		http.Error(w, "no number", http.StatusBadRequest)
		return
	}
	fmt.Fprint(w, number*number)
}

// Reads a body that may be larger than any buffer on the way.
func upper(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	io.WriteString(w, strings.ToUpper(string(body)))
}

// Sends each line by itself, so that the answer comes in chunks.
func lines(w http.ResponseWriter, r *http.Request) {
	count, _ := strconv.Atoi(r.PathValue("count"))
	for line := range count {
		fmt.Fprintln(w, "line", line)
		w.(http.Flusher).Flush()
	}
}
