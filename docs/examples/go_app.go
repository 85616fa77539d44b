// A Go service behind Muster. Run it: go run go_app.go
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

var required = []string{
	"iss", "aud", "sub", "exp", "iat", "nbf", "jti", "sid", "fresh", "auth_time",
}

type verifier struct {
	keys   keyfunc.Keyfunc
	parser *jwt.Parser
}

func newVerifier(ctx context.Context, issuer string) (*verifier, error) {
	tolerate := false // a first fetch that fails
	keys, err := keyfunc.NewDefaultOverrideCtx(
		ctx, []string{issuer + "/.well-known/jwks.json"}, keyfunc.Override{
			HTTPTimeout:               5 * time.Second,
			RefreshInterval:           5 * time.Minute,
			RateLimitWaitMax:          time.Second, // no made-up kid holds a request
			NoErrorReturnFirstHTTPReq: &tolerate,
		})
	if err != nil {
		return nil, err
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{"ES256"}),
		jwt.WithIssuer(issuer),
		jwt.WithAudience("muster"),
		jwt.WithLeeway(30*time.Second),
		jwt.WithExpirationRequired(),
	)
	return &verifier{keys, parser}, nil
}

// userID gives the id of the user whose access token this is.
func (v *verifier) userID(token string) (int64, error) {
	claims := jwt.MapClaims{}
	parsed, err := v.parser.ParseWithClaims(token, claims, v.keys.Keyfunc)
	if err != nil {
		return 0, err
	}
	if parsed.Header["typ"] != "at+jwt" {
		return 0, errors.New("this is no access token")
	}
	for _, name := range required {
		if claims[name] == nil {
			return 0, errors.New("the token has no " + name)
		}
	}
	subject, err := claims.GetSubject()
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(subject, 10, 64)
}

func (v *verifier) whoami(w http.ResponseWriter, r *http.Request) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	id, err := v.userID(token)
	if err != nil || !strings.EqualFold(scheme, "Bearer") {
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]int64{"user_id": id})
}

func main() {
	issuer := strings.TrimRight(os.Getenv("MUSTER_PUBLIC_URL"), "/")
	v, err := newVerifier(context.Background(), issuer)
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/whoami", v.whoami)
	log.Fatal(http.ListenAndServe("127.0.0.1:3000", nil))
}
